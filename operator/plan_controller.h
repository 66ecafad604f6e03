// Keeps each RecoveryPlan's status to what its drills prove, and the compliance metrics (D9). A
// status that says the same is not written.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "kube/client.h"
#include "kube/controller.h"
#include "operator/drill_controller.h"
#include "operator/plan_status.h"

namespace op {

class PlanController {
 public:
  /// What is known of a plan, whenever it or a drill of it changed. Null: the plan is gone.
  using Told = std::function<void(const kube::Key& plan, const drill::PlanCompliance* compliance,
                                  const std::vector<cluster::DrillObject>& drills)>;
  /// Lifetime: all outlive it. Thread: the client's executor.
  PlanController(aio::Clock& clock, kube::Client& client, DrillController& drills,
                 ControllerSettings settings, Told told);
  ~PlanController();
  PlanController(const PlanController&) = delete;
  PlanController& operator=(const PlanController&) = delete;

  /// A plan, or a drill of it, changed.
  void add(const kube::Key& plan);
  /// Reconciles; until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop);
  kube::Controller& controller();

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace op
