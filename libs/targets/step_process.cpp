#include "targets/step_process.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

enum class Move { Start, Stop };

api::ActionKind table(Move move) {
  using namespace fields;
  const std::vector<api::FieldSpec> name = {
      reference("name", Names::Process, Need::Required, "the process")};
  return move == Move::Start
             ? kind("startProcess", api::Use::Step, "Starts a process by its start command.", name)
             : kind("stopProcess", api::Use::Fault | api::Use::Step,
                    "Stops a process gracefully, by its stop command.", name);
}

class ProcessStep final : public Driver {
 public:
  explicit ProcessStep(Move move) : move_(move), kind_(table(move)) {}

  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::IfNotPromoted; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["name"].as_string()};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params, std::stop_token) override {
    const std::string& name = params["name"].as_string();
    CO_TRY(const api::ProcessSpec spec, context.local().process(name));
    CO_TRY(const ProcessState state, context.local().state(name));
    const bool ran = state != ProcessState::Gone;
    const bool needs_other = ran == (move_ == Move::Stop);
    if ((move_ == Move::Start || needs_other) && !spec.start) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("process '{}' has no start command", name));
    }
    if ((move_ == Move::Stop || needs_other) && !spec.stop) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("process '{}' has no stop command", name));
    }
    co_return Node::map().set("ran", ran);
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    const std::string& name = params["name"].as_string();
    CO_TRY(co_await carry_out(context, name, move_, stop));
    co_return fmt::format("{} {}", name, move_ == Move::Start ? "started" : "stopped");
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    const bool ran = undo["ran"].as_bool();
    if (ran != (move_ == Move::Stop)) {
      co_return base::Result<>{};  // it was in the state the step wanted
    }
    const std::string& name = params["name"].as_string();
    co_return co_await carry_out(context, name, ran ? Move::Start : Move::Stop, stop);
  }

 private:
  static aio::Task<base::Result<>> carry_out(Context& context, std::string name, Move move,
                                             std::stop_token stop) {
    return move == Move::Start ? context.local().start_process(std::move(name), std::move(stop))
                               : context.local().stop_process(std::move(name), std::move(stop));
  }

  Move move_;
  api::ActionKind kind_;
};

}  // namespace

std::unique_ptr<Driver> make_start_process_step() {
  return std::make_unique<ProcessStep>(Move::Start);
}

std::unique_ptr<Driver> make_stop_process_step() {
  return std::make_unique<ProcessStep>(Move::Stop);
}

}  // namespace targets
