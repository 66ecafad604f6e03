#include "targets/condition_process.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind("process", api::Use::Condition, "Whether a process runs, is suspended or is gone.",
              {reference("name", Names::Process, Need::Required, "the process"),
               choice("state", {"Running", "Gone", "Stopped"}, std::nullopt,
                      "Stopped is suspended by SIGSTOP; a zombie is Gone")});
}

class ProcessCondition final : public Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<Check>> check(Context& context, Node params, std::stop_token) override {
    const std::string& process = params["name"].as_string();
    CO_TRY(const ProcessState state, context.local().state(process));
    co_return Check{params["state"].as_string() == name(state),
                    fmt::format("process {} is {}", process, name(state))};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Condition> make_process_condition() {
  return std::make_unique<ProcessCondition>();
}

}  // namespace targets
