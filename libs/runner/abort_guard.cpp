#include "runner/abort_guard.h"

#include <algorithm>
#include <utility>

#include "aio/deadline.h"

namespace runner {
namespace {

constexpr base::Duration kLookEvery = base::millis(500);
constexpr base::Duration kLookWithin = base::seconds(5);

/// A condition with a limit of its own reaches its own verdict first.
base::Duration limit_of(const api::Node& params) {
  const base::Duration own = std::max(base::seconds(params["timeoutSeconds"].as_int()),
                                      base::millis(params["timeoutMillis"].as_int()));
  return std::max(kLookWithin, own + base::seconds(1));
}

}  // namespace

aio::Task<base::Result<targets::Check>> AbortGuard::look(const api::Action& condition,
                                                         std::stop_token stop) {
  targets::Condition* looker = context_.catalog.condition(condition.kind);
  if (looker == nullptr) {
    co_return base::fail(base::Code::InvalidArgument, "no condition '" + condition.kind + "'");
  }
  const base::TimePoint until = context_.clock.now() + limit_of(condition.params);
  co_return co_await aio::with_deadline(
      context_.clock, until, std::move(stop), condition.kind, [&](std::stop_token token) {
        return looker->check(context_, condition.params, std::move(token));
      });
}

aio::Task<base::Result<>> AbortGuard::watch(api::Action condition, aio::TaskGroup& all) {
  const std::stop_token stop = all.token();
  std::optional<base::Code> wrong;  // of the last look
  while (co_await aio::wait_for(context_.clock, kLookEvery, stop)) {
    const auto seen = co_await look(condition, stop);
    if (stop.stop_requested()) break;
    if (!seen && wrong != seen.error().code) {
      events_.judged(condition.kind, seen.error().message);
    } else if (seen && wrong) {
      events_.judged(condition.kind, std::nullopt);
    }
    wrong = seen ? std::nullopt : std::optional(seen.error().code);
    if (seen && seen->holds) {
      all.cancel();
      events_.tripped(seen->detail);
    }
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> AbortGuard::run(std::stop_token stop) {
  aio::TaskGroup all(co_await aio::asio::this_coro::executor, std::move(stop));
  for (const api::Action& condition : conditions_) all.spawn(watch(condition, all));
  co_return co_await all.join();
}

}  // namespace runner
