#include "operator/plan_controller.h"

#include <algorithm>
#include <utility>

#include "kube/store.h"

namespace op {

using api::Node;
using cluster::DrillObject;

class PlanController::Driver {
 public:
  Driver(aio::Clock& clock, kube::Client& client, DrillController& drills,
         ControllerSettings settings, Told told)
      : clock_(clock),
        client_(client),
        drills_(drills),
        settings_(std::move(settings)),
        told_(std::move(told)),
        controller_(clock, {.name = "recoveryplan"}, [this](kube::Key key, std::stop_token stop) {
          return reconcile(std::move(key), std::move(stop));
        }) {}

  aio::Task<base::Result<>> work(std::stop_token stop) {
    while (!drills_.synced()) {
      if (!co_await aio::wait_for(clock_, base::millis(20), stop)) co_return base::Result<>{};
    }
    co_return co_await controller_.run(std::move(stop));
  }

  kube::Controller& controller() { return controller_; }

 private:
  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    const Node* plan = drills_.plans().find(key);
    if (plan == nullptr) co_return kube::Outcome{};
    std::vector<DrillObject> drills;
    drills_.drills().for_each([&](const kube::Key& each, const DrillObject& drill) {
      if (each.space == key.space && drill.plan == key.name) drills.push_back(drill);
    });
    const base::WallTime now = clock_.wall_now();
    const drill::PlanCompliance compliance = compliance_of(*plan, drills, now);
    if (told_) told_(key, compliance);
    const Node status = plan_status(*plan, compliance, now);
    const bool leads = !settings_.leads || settings_.leads();
    if (leads && !says(*plan, status)) CO_TRY(co_await write(*plan, key, status, std::move(stop)));
    const auto stale = until_stale(compliance);
    co_return kube::Outcome{stale.value_or(base::Duration{})};
  }

  /// Whether the plan's status has all of this already.
  static bool says(const Node& plan, const Node& status) {
    return std::all_of(
        status.entries().begin(), status.entries().end(), [&](const api::Entry& entry) {
          const Node& now = plan["status"][entry.key];
          const bool nothing = entry.value.is_sequence() && entry.value.items().empty();
          return now == entry.value || (nothing && now.is_null());
        });
  }

  aio::Task<base::Result<>> write(const Node& plan, kube::Key key, const Node& status,
                                  std::stop_token stop) {
    const Node patch =
        Node::map()
            .set("metadata", Node::map()
                                 .set("uid", plan["metadata"]["uid"])
                                 .set("resourceVersion", plan["metadata"]["resourceVersion"]))
            .set("status", status);
    kube::WriteOptions options;
    options.subresource = "status";
    options.field_manager = cluster::kFieldManager;
    CO_TRY(const kube::Reply reply,
           co_await client_.patch(cluster::kPlans, key, kube::PatchType::Merge, api::to_json(patch),
                                  options, std::move(stop)));
    // Somebody changed it: what the copy hears of that comes here again.
    if (reply.ok() || reply.code == 409 || reply.code == 404) co_return base::Result<>{};
    co_return tl::unexpected(
        kube::error_of(reply.refusal, "write the status of plan " + kube::to_string(key)));
  }

  aio::Clock& clock_;
  kube::Client& client_;
  DrillController& drills_;
  ControllerSettings settings_;
  Told told_;
  kube::Controller controller_;
};

PlanController::PlanController(aio::Clock& clock, kube::Client& client, DrillController& drills,
                               ControllerSettings settings, Told told)
    : driver_(
          std::make_unique<Driver>(clock, client, drills, std::move(settings), std::move(told))) {}
PlanController::~PlanController() = default;
void PlanController::add(const kube::Key& plan) {
  driver_->controller().add(plan);
}
aio::Task<base::Result<>> PlanController::work(std::stop_token stop) {
  return driver_->work(std::move(stop));
}
kube::Controller& PlanController::controller() {
  return driver_->controller();
}

}  // namespace op
