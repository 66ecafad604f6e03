#include "targets/step_approval.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

constexpr base::Duration kLookEvery = base::millis(100);

api::ActionKind table() {
  using namespace fields;
  return kind(api::kApproval, api::Use::Step,
              "Waits until a person has approved the step, by its name: `muster drill approve` on "
              "one machine, spec.approvals of the Drill in a cluster.",
              {text("message", Need::Required, "what the person has to check, to do or to allow")});
}

class ApprovalStep final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  bool changes_target() const override { return false; }
  drill::Undo rule(const Node&) const override { return drill::Undo::None; }
  std::vector<std::string> touches(const Node&) const override { return {}; }

  aio::Task<base::Result<Node>> prepare(Context&, Node, std::stop_token) override {
    co_return Node();
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    if (context.approvals == nullptr) {
      co_return base::fail(base::Code::FailedPrecondition, "nobody can be asked here");
    }
    const std::string& message = params["message"].as_string();
    const base::TimePoint asked = context.clock.now();
    context.approvals->ask(context.part, message);
    while (!context.approvals->approved(context.part)) {
      if (!co_await aio::wait_for(context.clock, kLookEvery, stop)) {
        context.approvals->answered(context.part);
        co_return base::fail(base::Code::Cancelled,
                             fmt::format("nobody has approved it: {}", message));
      }
    }
    context.approvals->answered(context.part);
    co_return fmt::format("approved after {}", base::human(context.clock.now() - asked));
  }

  aio::Task<base::Result<>> undo(Context&, Node, Node, std::stop_token) override {
    co_return base::Result<>{};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_approval_step() {
  return std::make_unique<ApprovalStep>();
}

}  // namespace targets
