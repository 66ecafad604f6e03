// One replica of the operator: its controllers, how they hear of each other, and leader election.
// main() gives it real clients, a simulation its own.
//
// A leader that loses its lease ends: whatever was under way ends with it, and a new process starts
// from what the cluster says.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "aio/task_group.h"
#include "drill/plan_compliance.h"
#include "kube/client.h"
#include "kube/leader_election.h"
#include "kube/recorder.h"
#include "operator/drill_controller.h"
#include "operator/plan_controller.h"
#include "operator/profile_controller.h"
#include "operator/schedule_controller.h"
#include "operator/stop_switch.h"

namespace op {

struct ReplicaOptions {
  std::string pod, pod_uid;  // who this is, in the lease and in Events
  std::string own;           // the operator's namespace, with its Lease
  bool elect = true;
  base::Duration lease = base::seconds(15);
  ControllerSettings controllers;
};

class Replica {
 public:
  /// `election_client`: renewals have connections of their own, so that no load delays one.
  /// Lifetime: all outlive it. Thread: the clients' executor.
  Replica(aio::Clock& clock, kube::Client& client, kube::Client& election_client,
          ReplicaOptions options);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  /// What is known of a plan, whenever that changes.
  PlanController::Told told;

  /// What else the leader does. May be empty.
  std::function<void(aio::TaskGroup& leading)> also_lead;

  /// Until stopped, or the lease is lost. False: it was lost.
  aio::Task<base::Result<bool>> run(std::stop_token stop);

  /// Asked right before each write.
  bool leads() const { return !options_.elect || (election_ && election_->leads()); }
  /// The copies that drills need are there; on a standby too, so that it can take over at once.
  bool synced() const { return drills_.synced() && schedules_.synced(); }
  DrillController& drills() { return drills_; }
  ScheduleController& schedules() { return schedules_; }
  PlanController& plans() { return plans_; }
  ProfileController& profiles() { return profiles_; }
  /// Null: there is none, this replica always leads.
  kube::LeaderElection* election() { return election_ ? &*election_ : nullptr; }

 private:
  ControllerSettings settings();
  void wire();
  aio::Task<base::Result<>> work_alone(std::stop_token stop);
  aio::Task<base::Result<>> elect(std::stop_token stop);
  void lead();
  aio::Task<> end_work();

  aio::Clock& clock_;
  ReplicaOptions options_;
  std::optional<kube::LeaderElection> election_;
  kube::EventRecorder events_;
  StopSwitch stops_;
  DrillController drills_;
  ScheduleController schedules_;
  PlanController plans_;
  ProfileController profiles_;
  aio::TaskGroup* leading_ = nullptr;  // what is done by the leader alone
  std::stop_source ending_;
  bool lost_ = false;
};

}  // namespace op
