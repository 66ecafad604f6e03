#include "targets/condition_probe.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind(
      "probe", api::Use::Condition, "What a probe of the drill has shown without interruption.",
      {reference("name", Names::Probe, Need::Required, "the probe"),
       choice("state", {"Good", "Bad"}, std::nullopt, "what its operations are"),
       integer("forSeconds", {0, 86'400}, 0, "for how long without interruption, in seconds")});
}

class ProbeCondition final : public Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<Check>> check(Context& context, Node params, std::stop_token) override {
    const std::string& probe = params["name"].as_string();
    const auto view = context.probes == nullptr ? std::nullopt : context.probes->view(probe);
    if (!view) {
      co_return Check{false, fmt::format("probe {} has not answered yet", probe)};
    }
    const bool wanted = params["state"].as_string() == "Good";
    const auto length = base::seconds(params["forSeconds"].as_int());
    co_return Check{view->good == wanted && view->lasting >= length,
                    fmt::format("probe {} is {} for {}", probe, view->good ? "Good" : "Bad",
                                base::human(view->lasting))};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Condition> make_probe_condition() {
  return std::make_unique<ProbeCondition>();
}

}  // namespace targets
