// The driver of decide() for Drills: keeps copies of Drills, plans and the drills' pods up to date,
// and carries decisions out. What a decision would change is looked at once more, at the server,
// before it is carried out: the copies may be late, also about our own writes.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "kube/controller.h"
#include "kube/recorder.h"
#include "kube/store.h"
#include "operator/drill_pods.h"
#include "operator/stop_switch.h"

namespace op {

struct ControllerSettings {
  std::string ns;  // that is watched; empty: all
  PodSettings pods;
  std::int64_t grace_seconds = 600;  // for an undo when a pod is asked to end
  /// How long a drill that was taken may wait for its runner.
  base::Duration begin_within = base::seconds(300);
  std::size_t workers = 2;
  bool webhook_injects = true;        // sidecars; else nobody reads `injection` of profiles
  const StopSwitch* stops = nullptr;  // none: drills cannot be stopped
  /// Asked right before each write. Empty: always.
  std::function<bool()> leads;
};

class DrillController {
 public:
  /// Lifetime: all outlive it. Thread: the client's executor.
  DrillController(aio::Clock& clock, kube::Client& client, kube::EventRecorder& events,
                  ControllerSettings settings);
  ~DrillController();
  DrillController(const DrillController&) = delete;
  DrillController& operator=(const DrillController&) = delete;

  /// Keeps the copies; until stopped. Errors: none.
  aio::Task<base::Result<>> follow(std::stop_token stop);
  /// The copies are there, those of the stops too.
  bool synced() const;
  /// Reconciles; until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop);

  /// Every drill that has not ended is looked at again.
  void look_again();

  kube::Controller& controller();
  /// The copy, as drill_copy.h has it.
  const kube::Store<cluster::DrillObject>& drills() const;
  const kube::Store<api::Node>& plans() const;
  /// Why a plan cannot be drilled, as it stands; empty: it can.
  std::string problem_of(const api::Node& plan) const;
  /// Called when one changed, after the copy has it.
  std::function<void(const kube::Key& drill)> on_drill;
  std::function<void(const kube::Key& plan)> on_plan;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace op
