#include "targets/condition_process.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  using Names = api::FieldSpec::Names;
  api::ActionKind kind;
  kind.name = "process";
  kind.uses = static_cast<std::uint8_t>(api::Use::Condition);
  kind.doc = "Whether a process runs, is suspended or is gone.";
  kind.fields = {reference("name", Names::Process, Need::Required, "the process"),
                 choice("state", {"Running", "Gone", "Stopped"}, std::nullopt,
                        "Stopped is suspended by SIGSTOP; a zombie is Gone")};
  return kind;
}

class ProcessCondition final : public Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<Check>> check(Context& context, Node params, std::stop_token) override {
    const std::string& process = params["name"].as_string();
    CO_TRY(const ProcessState state, context.target.state(process));
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
