#include "runner/notifier.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aio/process.h"
#include "runner/http_client.h"

namespace runner {
namespace {

constexpr std::size_t kOutputMax = 4096;
constexpr base::Duration kGrace = base::seconds(1);

}  // namespace

Notifier::Notifier(aio::Clock& clock, const aio::Executor& executor, Options options)
    : clock_(clock),
      executor_(executor),
      options_(std::move(options)),
      random_(options_.seed),
      deliveries_(executor) {}

void Notifier::tell(const report::NotificationMessage& message) {
  const std::string payload = report::to_json(message);
  for (const api::Notification& to : options_.notifications) {
    const std::string_view moment = report::name(message.moment);
    if (std::find(to.on.begin(), to.on.end(), moment) == to.on.end()) continue;
    deliveries_.spawn(deliver(to, message.moment, payload, deliveries_.token()));
  }
}

aio::Task<base::Result<>> Notifier::attempt(const api::Notification& to, const std::string& payload,
                                            std::stop_token stop) {
  const base::Duration limit = base::seconds(to.timeout_seconds);
  if (!to.url.empty()) {
    const HttpPost post{to.url, to.headers, payload};
    CO_TRY(const int status, co_await http_post(clock_, executor_, post, limit, std::move(stop)));
    if (status >= 200 && status < 300) co_return base::Result<>{};
    co_return base::fail(base::Code::Unavailable, fmt::format("it answered {}", status));
  }
  aio::Command command;
  command.argv = to.argv;
  command.cwd = options_.directory;
  command.input = payload;
  command.output_bytes_max = kOutputMax;
  command.timeout = limit;
  command.grace = kGrace;
  CO_TRY(const aio::ProcessOutcome outcome,
         co_await aio::run_process(clock_, std::move(command), std::move(stop)));
  if (outcome.ok()) co_return base::Result<>{};
  co_return base::fail(base::Code::Unavailable, outcome.summary());
}

aio::Task<base::Result<>> Notifier::deliver(const api::Notification& to, report::Moment moment,
                                            std::string payload, std::stop_token stop) {
  base::Backoff backoff(options_.backoff);
  for (int tried = 1;; ++tried) {
    const auto told = co_await attempt(to, payload, stop);
    if (told) break;
    const bool stopped = stop.stop_requested();
    if (tried < options_.tries && !stopped &&
        co_await aio::wait_for(clock_, backoff.next(random_), stop)) {
      continue;
    }
    failed(fmt::format("notification {} of {} was not delivered in {} tr{}: {}", to.name,
                       report::name(moment), tried, tried == 1 ? "y" : "ies",
                       told.error().message));
    break;
  }
  co_return base::Result<>{};  // an error would end the deliveries to others
}

void Notifier::failed(const std::string& problem) {
  problems_.push_back(problem);
  if (failed_) failed_(problem);
}

aio::Task<std::vector<std::string>> Notifier::finish(base::Duration within, std::stop_token stop) {
  auto alarm = clock_.alarm(executor_);
  if (deliveries_.running() > 0) {
    alarm->arm(clock_.now() + within, [this] { deliveries_.cancel(); });
  }
  const std::stop_callback cancel(stop, [this] { deliveries_.cancel(); });
  static_cast<void>(co_await deliveries_.join());
  co_return problems_;
}

}  // namespace runner
