#include "targets/condition_command.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind("command", api::Use::Condition, "A program exits with 0. It must only look.",
              {argv("argv", Need::Required,
                    "program and arguments; no shell; the program may lie in {home}"),
               integer("timeoutSeconds", {1, 600}, 10,
                       "when the program is ended, in seconds; that counts as false")});
}

class CommandCondition final : public Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<Check>> check(Context& context, Node params,
                                       std::stop_token stop) override {
    const auto argv = params["argv"].as_strings();
    const auto limit = base::seconds(params["timeoutSeconds"].as_int(10));
    CO_TRY(const aio::ProcessOutcome outcome, co_await context.local().run(argv, limit, stop));
    co_return Check{outcome.ok(), fmt::format("{}: {}", argv.front(), outcome.summary())};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Condition> make_command_condition() {
  return std::make_unique<CommandCondition>();
}

}  // namespace targets
