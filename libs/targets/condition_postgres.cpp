#include "targets/condition_postgres.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind("postgres", api::Use::Condition, "What a client sees of a PostgreSQL instance.",
              {reference("instance", Names::Instance, Need::Required, "the database instance"),
               choice("state", {"Up", "Down", "Primary", "Standby", "CaughtUp"}, std::nullopt,
                      "Up: answers; CaughtUp: a standby that lags by withinBytes at most"),
               integer("withinBytes", {0, std::int64_t{1} << 40}, 0,
                       "how far a standby that is CaughtUp may lag, in bytes of WAL")});
}

bool holds(const InstanceView& view, const std::string& wanted, std::int64_t within) {
  if (wanted == "Up") {
    return view.state != InstanceState::Down;
  }
  if (wanted == "CaughtUp") {
    return view.state == InstanceState::Standby && view.lag_bytes &&
           *view.lag_bytes <= static_cast<std::uint64_t>(within);
  }
  return wanted == name(view.state);
}

class PostgresCondition final : public Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<Check>> check(Context& context, Node params,
                                       std::stop_token stop) override {
    if (context.sql == nullptr) {
      co_return base::fail(base::Code::FailedPrecondition,
                           "no SQL client: instances cannot be looked at");
    }
    const std::string& instance = params["instance"].as_string();
    CO_TRY(const InstanceView view, co_await context.sql->look(instance, stop));
    std::string detail = fmt::format("instance {} is {}", instance, name(view.state));
    if (view.lag_bytes) {
      detail += fmt::format(", {} bytes behind", *view.lag_bytes);
    }
    if (!view.detail.empty()) {
      detail += fmt::format(" ({})", view.detail);
    }
    co_return Check{holds(view, params["state"].as_string(), params["withinBytes"].as_int()),
                    std::move(detail)};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Condition> make_postgres_condition() {
  return std::make_unique<PostgresCondition>();
}

}  // namespace targets
