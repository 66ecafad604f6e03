#include "operator/plan_controller.h"

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
        controller_(clock, {.name = "recoveryplan", .ready = [this] { return drills_.synced(); }},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }) {}

  aio::Task<base::Result<>> work(std::stop_token stop) {
    co_return co_await controller_.run(std::move(stop));
  }

  kube::Controller& controller() { return controller_; }

 private:
  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    const Node* plan = drills_.plans().find(key);
    std::vector<DrillObject> drills;
    if (plan == nullptr) {
      if (told_) told_(key, nullptr, drills);
      co_return kube::Outcome{};
    }
    drills_.drills().for_each([&](const kube::Key& each, const DrillObject& drill) {
      if (each.space == key.space && drill.plan == key.name) drills.push_back(drill);
    });
    const base::WallTime now = clock_.wall_now();
    const drill::PlanCompliance compliance = compliance_of(*plan, drills, now);
    if (told_) told_(key, &compliance, drills);
    const Node status = plan_status(*plan, compliance, now);
    const bool leads = !settings_.leads || settings_.leads();
    if (leads && !cluster::says((*plan)["status"], status)) {
      const auto written = co_await cluster::write_status(
          client_, cluster::kPlans, cluster::version_of(*plan), status, std::move(stop));
      // Somebody changed it: what the copy hears of that comes here again.
      const bool late = !written && (written.error().code == base::Code::FailedPrecondition ||
                                     written.error().code == base::Code::NotFound);
      if (!written && !late) co_return tl::unexpected(written.error());
    }
    const auto stale = until_stale(compliance);
    co_return kube::Outcome{stale.value_or(base::Duration{})};
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
