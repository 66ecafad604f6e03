// The driver of scheduling::decide() in a cluster: what a DrillSchedule remembers is in its status,
// written before a drill is made, so that a slot is run at most once whatever dies in between, and
// the Drill is named by its slot, so that even two operators could make no second one.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "kube/controller.h"
#include "kube/recorder.h"
#include "operator/drill_controller.h"
#include "scheduling/spec.h"

namespace op {

/// A DrillSchedule of the cluster as the scheduler's core reads it.
/// Errors: every problem, each with its field.
tl::expected<scheduling::Spec, api::Problems> schedule_of(const api::Node& object);

/// "NAME-29382910": minutes since 1970, as those of a CronJob's Jobs.
std::string drill_name(const std::string& schedule, scheduling::Instant slot);

/// The Drill of a slot; it goes with its schedule.
api::Node drill_of(const api::Node& schedule, scheduling::Instant slot);

class ScheduleController {
 public:
  /// Lifetime: all outlive it. Thread: the client's executor.
  ScheduleController(aio::Clock& clock, kube::Client& client, kube::EventRecorder& events,
                     DrillController& drills, ControllerSettings settings);
  ~ScheduleController();
  ScheduleController(const ScheduleController&) = delete;
  ScheduleController& operator=(const ScheduleController&) = delete;

  /// A drill that ends may be what a slot waits for; a plan comes or goes.
  void changed_in(const std::string& space);
  /// Keeps the copy; until stopped. Errors: none.
  aio::Task<base::Result<>> follow(std::stop_token stop);
  bool synced() const;
  /// Reconciles; until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop);
  kube::Controller& controller();

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace op
