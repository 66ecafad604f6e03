// A RecoveryPlan (muster.dev/v1alpha1): one DR scenario. Template, not a run: a Drill keeps the
// plan by value. Conventions of the Kubernetes API: integers with the unit in the name, list-maps
// keyed by `name`, one-of unions, no floats, enums in CamelCase. docs/plans.md is its guide.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "api/action.h"
#include "api/local_system.h"
#include "api/node.h"
#include "api/problem.h"

namespace api {

inline constexpr const char* kGroupVersion = "muster.dev/v1alpha1";

struct Objectives {
  std::int64_t rto_seconds = 0;
  std::optional<std::int64_t> rpo_seconds;  // nothing: no RPO is judged
  std::string zero_point = "Onset";         // Onset, FaultBegun, FaultEffective, Declared
  std::int64_t max_age_days = 90;
  std::vector<std::string>
      decided_by;  // stream names ("orders/W"); empty: ledgers through the service
};

struct LocalTargetSpec {
  std::string system;  // name of a folder beside the plan, or a path; or inline_system
  std::optional<Node> inline_system;
  std::map<std::string, std::string> parameters;
};

/// The kind of pods that a plan names by their labels, whoever made them.
inline constexpr const char* kPodSet = "Pods";
/// A Deployment, StatefulSet or DaemonSet of the plan's namespace, or pods.
struct WorkloadSpec {
  std::string name, kind;
  Node selector{};         // of pods: a LabelSelector
  std::int64_t count = 0;  // of pods: how many have to be ready
  bool is_pod_set() const { return kind == kPodSet; }
};
/// What a Service is called in the plan, and the port that users connect to.
struct ClusterServiceSpec {
  std::string name, service;
  std::int64_t port = 0;
};
/// A database server: the only pod of a workload.
struct ClusterInstanceSpec {
  std::string name, workload;
  std::int64_t port = 5432;
  std::string user, database;
  std::string secret, secret_key;  // where the password is; empty: there is none
};
struct KubernetesTargetSpec {
  std::vector<WorkloadSpec> workloads;
  std::vector<ClusterServiceSpec> services;
  std::vector<ClusterInstanceSpec> instances;

  const WorkloadSpec* workload(std::string_view name) const;
};
/// Its parts, as plans name them: each workload is a process. Addresses are not known yet.
LocalSystem system_of(const KubernetesTargetSpec& target, const std::string& name);

struct TargetSpec {
  std::optional<LocalTargetSpec> local;
  std::optional<KubernetesTargetSpec> kubernetes;
};

struct ProbeSpec {
  std::string name;
  Action action;  // postgres, http, tcp
  bool control = false;
  std::string signal;  // of `monitoring`; empty: what its kind is an observation of
};

/// What a user asks an application for. `$user` is the user's number, `$key` one from 1 to 2000.
struct HttpRequestSpec {
  std::string method = "GET";  // GET, HEAD, POST
  std::string path, body;
  std::vector<std::string> status;  // good answers; empty: 200 to 299
  std::string contains;             // what a good answer's body has
};
struct LoadOperation {
  std::string name;
  std::int64_t share = 0;                  // percent; the shares sum to 100
  std::string statement;                   // SQL; empty: the default for read, write, heavy
  std::optional<HttpRequestSpec> request;  // of a load over an http probe
  bool secured = false;                    // the user logs in first
};
struct LoadSpec {
  std::string probe;  // the postgres or http probe whose service it loads; empty: the first one
  std::int64_t users = 0, operations_per_minute = 0, timeout_seconds = 30;
  std::optional<HttpRequestSpec> login;
  std::vector<LoadOperation> mix;
};

struct Timing {
  std::int64_t baseline_seconds = 300, hold_seconds = 10, sample_seconds = 10;
  std::int64_t recovery_seconds = 0;  // 0: objectives.rtoSeconds × 2, within the deadline
  std::int64_t validation_seconds = 600, deadline_seconds = 1800;
};

struct Fault {
  std::string name;
  Action action;
  std::optional<Action> proven_by;
  std::int64_t timeout_seconds = 60;
};

enum class OnFailure : std::uint8_t { Abort, Continue };
struct Step {
  std::string name;
  std::string phase;  // FailureAssessment, ServiceIsolation, BackupActivation, DataSynchronization,
                      // ServiceRestoration, Failback
  std::int64_t target_millis = 0;  // 0: none
  std::int64_t timeout_seconds = 60;
  Action action;
  std::optional<Action> undo;
  bool forward_only = false;
  OnFailure on_failure = OnFailure::Abort;
};

struct PhaseTargets {  // milliseconds; 0: none. D2: detect, execute, restore, sync
  std::int64_t detected_millis = 0, decided_millis = 0, promoted_millis = 0, redirected_millis = 0,
               sustained_millis = 0, redundancy_millis = 0;
};

struct Criterion {
  std::string metric;             // ApiResponseMillis, QueryMillis, Users, RequestsPerSecond, …
  std::string statistic = "P95";  // Mean, P50, P95, P99, Max
  bool at_most = true;
  std::string operation;  // of the load; empty: all of them
  double target = 0;  // written as an integer or, for 99.9, as the string "99.9": no floats in spec
};

struct Guard {
  std::vector<Action> abort_when;  // conditions
  std::int64_t max_targets = 1;
  std::int64_t silence_seconds = 60;  // of a drill that stands still; 0: for ever
};

/// Who is told of a drill: a program (payload on stdin) or an address (payload as the body of
/// POST).
struct Notification {
  std::string name;
  std::vector<std::string> on;    // Start, Miss, End
  std::vector<std::string> argv;  // of the program; empty: `url`
  std::string url;
  std::map<std::string, std::string> headers;
  std::int64_t timeout_seconds = 10;  // of each try
};

enum class FailoverMode : std::uint8_t { Orchestrate, Observe };

struct RecoveryPlan {
  std::string file;  // where it was read from, for messages
  std::string name;
  std::map<std::string, std::string> labels, annotations;
  std::string failure_type, description;
  FailoverMode mode = FailoverMode::Orchestrate;
  Objectives objectives;
  TargetSpec target;
  std::map<std::string, std::string> roles;  // primary: a
  std::vector<ProbeSpec> probes;
  std::optional<LoadSpec> load;
  Timing timing;
  std::string profile;  // applied; empty: none
  std::vector<Fault> faults;
  std::vector<Step> recovery, failback;
  PhaseTargets phase_targets;
  std::vector<Criterion> degraded, validation;
  std::vector<std::string> monitoring;  // D1: what must be watched; names of signals
  Guard guard;
  std::vector<Notification> notifications;

  Node document;  // as read, after overrides and the profile
};

/// Whether a probe writes what is looked for again afterwards: the only measure of an RPO.
bool keeps_ledger(const RecoveryPlan& plan);

/// The probe whose service the users work with: the plan's choice, else its first database, else
/// its first http probe. Null: the plan has no load, or nothing to load.
const ProbeSpec* loaded_probe(const RecoveryPlan& plan);

}  // namespace api
