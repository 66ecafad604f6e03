// The table of a RecoveryPlan: every field that a plan may have, with its type, range, default and
// meaning. Validation, the JSON Schema and the reference in docs/plans.md follow it; what fields
// must be to each other is in plan_rules.cpp.
#include <algorithm>

#include "api/field.h"
#include "api/recovery_plan.h"
#include "api/tables.h"

namespace api {

using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

namespace {

constexpr std::int64_t kWeek = 604'800;

FieldSpec objectives() {
  return object(
      "objectives",
      {required(integer("rtoSeconds", {1, kWeek}, {}, "How long users may be without service.")),
       integer(
           "rpoSeconds", {1, kWeek}, {},
           "From how long before the outage acknowledged writes may be lost; needs a probe that "
           "keeps a ledger (postgres). Left out: no RPO is judged."),
       by_default("Onset",
                  choice("zeroPoint", {"Onset", "FaultBegun", "FaultEffective", "Declared"},
                         "Where the time to recovery begins: at the first bad operation, or when "
                         "the fault was begun, effective or declared.")),
       integer("maxAgeDays", {1, 3650}, 90, "How old the last drill may be as evidence."),
       strings("decidedBy", {0, 64},
               "The streams that decide, as PROBE/STREAM; default: the ledgers through the "
               "service.")},
      "What the drill must prove.");
}

FieldSpec pod_selector() {
  const FieldSpec expressions = objects(
      "matchExpressions",
      {required(text("key", "The label.")),
       required(
           choice("operator", {"In", "NotIn", "Exists", "DoesNotExist"}, "What must hold of it.")),
       strings("values", {0, 64}, "Of In and NotIn: among which values it must be, or not be.")},
      "What else must hold of their labels.");
  return object(
      "selector",
      {field(FieldType::StringMap, "matchLabels", "Labels that each of them has."), expressions},
      "Of kind Pods, where it is needed: which pods. All of it must hold.");
}

FieldSpec kubernetes_target() {
  return object(
      "kubernetes",
      {required(objects(
           "workloads",
           {required(label("name", "The workload; of kind Pods what the plan calls them.")),
            required(choice("kind", {"Deployment", "StatefulSet", "DaemonSet", kPodSet},
                            "Its kind; Pods: those that `selector` selects, whoever made them.")),
            pod_selector(),
            integer("count", {1, 1000}, {},
                    "Of kind Pods, where it is needed: how many of them have to be ready.")},
           "What may be broken: workloads of the plan's namespace.")),
       objects("services",
               {required(label("name", "What the plan calls it.")),
                label("service", "The Service; default: the name."),
                required(integer("port", {1, 65'535}, {}, "The Service's port."))},
               "The Services that users connect to."),
       objects("instances",
               {required(label("name", "What the plan calls it.")),
                required(label("workload", "The workload whose only pod it is.")),
                integer("port", {1, 65'535}, 5432, "The port of the pod."),
                required(text("user", "The database user of the drill.")),
                required(text("database", "The database.")),
                object("passwordSecret",
                       {required(label("name", "The Secret.")),
                        by_default("password", text("key", "Its key."))},
                       "Where the user's password is; default: none is needed.")},
               "Database servers, each of which is watched by itself.")},
      "A system in the cluster, in the namespace of the plan.");
}

FieldSpec target() {
  FieldSpec system = table_at(local_system_table(), "spec");
  system.name = "inline";
  system.required = false;
  system.doc = "The system itself, with the fields of a LocalSystem's spec.";
  return exactly_one(
      {"local", "kubernetes"},
      object("target",
             {exactly_one({"system", "inline"},
                          object("local",
                                 {text("system",
                                       "A folder of systems/ beside the plan, or the path of a "
                                       "system.yaml."),
                                  system,
                                  field(FieldType::StringMap, "parameters",
                                        "Values for the system's parameters.")},
                                 "A system of processes on this machine.")),
              kubernetes_target()},
             "What is drilled."));
}

/// Every signal that a drill can watch; the second half are only what a probe is declared to be.
const std::vector<std::string> kSignals = {
    "Consistency",    "Control",        "DatabaseConnectivity", "HealthChecks",
    "InstanceHealth", "LoadBalancer",   "PoolHealth",           "QueryPerformance",
    "Reference",      "ReplicationLag", "ServiceAvailability"};
const std::vector<std::string> kProbeSignals = {
    "CrossSiteConnectivity", "Dns",          "DrSiteHealth", "NetworkLatency",
    "SessionContinuity",     "SessionStore", "StartUp"};

FieldSpec probes() {
  return with_action(
      Use::Probe,
      objects("probes",
              {required(label("name", "The name, as in conditions and reports.")),
               flag("control", false,
                    "Watches something that the fault cannot reach; where it fails too, the drill "
                    "proves nothing."),
               choice("signal", kProbeSignals,
                      "What of monitoring its operations are an observation of, and of nothing "
                      "else; default: what its kind observes.")},
              "What watches the service all the time."));
}

std::vector<FieldSpec> request_fields() {
  return {by_default("GET", choice("method", {"GET", "HEAD", "POST"}, "How it asks.")),
          required(text("path", "The path and query; $user and $key are replaced.")),
          text("body", "What a POST sends; $user and $key are replaced."),
          strings("status", {1, 32}, "Answers that are good; default: 200 to 299."),
          text("contains", "A text that the body of a good answer has.")};
}

FieldSpec load() {
  return object(
      "load",
      {label("probe",
             "The probe whose service is loaded; default: the first postgres probe, else the first "
             "http probe."),
       required(integer("users", {1, 10'000}, {}, "Users at work at the same time.")),
       required(integer("operationsPerMinute", {1, 6'000'000}, {}, "Operations of all users.")),
       integer("timeoutSeconds", {1, 300}, 30,
               "When a user gives up waiting for an answer; the operation has failed then."),
       required(
           objects("mix",
                   {required(label("name", "read, write, heavy, or a name of your own.")),
                    required(integer("share", {1, 100}, {}, "Percent; all sum to 100.")),
                    text("statement", "The SQL; needed unless the name is read, write or heavy."),
                    object("request", request_fields(),
                           "What is asked for, where the load's probe is an http probe."),
                    flag("secured", false, "Whether the user must be logged in.")},
                   "What they do.")),
       object("login", request_fields(),
              "How a user logs in, for secured operations; the cookies of its answer are sent "
              "with them.")},
      "Users who work while the drill runs.");
}

std::vector<FieldSpec> timing_fields() {
  return {
      integer("baselineSeconds", {1, 86'400}, 300,
              "Steady state before the fault; up to twice holdSeconds longer where its end was not "
              "steady."),
      integer("holdSeconds", {1, 3600}, 10,
              "How long all must be well for the service to count as back."),
      integer("sampleSeconds", {1, 3600}, 10,
              "How often figures are sampled, for the report and to tell what was monitored."),
      integer("recoverySeconds", {0, kWeek}, 0,
              "How long recovery is awaited; 0: twice the RTO, within the deadline."),
      integer("validationSeconds", {1, 86'400}, 600, "How long validation criteria are judged."),
      integer("deadlineSeconds", {1, kWeek}, 1800, "When the drill is ended in any case.")};
}

FieldSpec timing() {
  return by_default(Node::map(), object("timing", timing_fields(), "How long the phases last."));
}

FieldSpec profiles() {
  std::vector<FieldSpec> partial = timing_fields();
  for (FieldSpec& each : partial) each.otherwise.reset();
  FieldSpec out =
      field(FieldType::NamedMap, "profiles",
            "Named sets of timing for --profile; objectives and targets stay the same.");
  out.fields = {required(object("timing", partial, "Replaces these fields of spec.timing."))};
  return out;
}

std::vector<FieldSpec> fault_fields() {
  return {required(label("name", "The name, as in the report.")),
          field(FieldType::Condition, "provenBy", "What must be seen for the fault to count."),
          integer("timeoutSeconds", {1, 86'400}, 60, "When the fault counts as failed.")};
}

std::vector<FieldSpec> step_fields(FieldSpec phase) {
  return {required(label("name", "The name, as in the report.")),
          std::move(phase),
          integer("targetMillis", {0, kWeek * 1000}, 0, "How long it should take; 0: no target."),
          integer("timeoutSeconds", {1, 86'400}, 60, "When it counts as failed."),
          with_action(Use::Step, object("undo", {}, "What puts back what the step changed.")),
          flag("forwardOnly", false,
               "It cannot be taken back, as a promotion: afterwards the way is failback."),
          by_default("Abort", choice("onFailure", {"Abort", "Continue"},
                                     "Whether a failure ends the drill."))};
}

FieldSpec steps(const char* name, FieldSpec phase, const char* doc) {
  return with_action(Use::Step, objects(name, step_fields(std::move(phase)), doc));
}

FieldSpec recovery() {
  return steps("recovery",
               required(choice("phase",
                               {"FailureAssessment", "ServiceIsolation", "BackupActivation",
                                "DataSynchronization", "ServiceRestoration"},
                               "The part of the recovery it belongs to.")),
               "The steps that bring the service back, in order.");
}

FieldSpec failback() {
  return steps("failback",
               by_default("Failback", choice("phase", {"Failback"}, "Always Failback.")),
               "The steps that make the system whole again, in order.");
}

FieldSpec phase_targets() {
  const auto target_of = [](const char* name, const char* doc) {
    return integer(name, {0, kWeek * 1000}, 0, doc);
  };
  return by_default(
      Node::map(),
      object("phaseTargets",
             {target_of("detectedMillis", "Onset to detection; 0: no target."),
              target_of("decidedMillis", "Detection to the decision; 0: no target."),
              target_of("promotedMillis", "Decision to the first answer of the new primary."),
              target_of("redirectedMillis", "Promotion to the first answer through the service."),
              target_of("sustainedMillis", "Redirection to lasting service."),
              target_of("redundancyMillis", "Onset to restored redundancy.")},
             "How long each measured phase may last."));
}

std::vector<FieldSpec> criterion_fields() {
  return {
      required(choice("metric",
                      {"ApiResponseMillis", "QueryMillis", "Users", "RequestsPerSecond",
                       "SatisfactionPercent", "ErrorPercent", "ConsistencyPercent", "RenderMillis",
                       "SessionContinuityPercent", "FeaturePercent", "PerformanceRecoveryPercent"},
                      "What is measured.")),
      by_default("P95", choice("statistic", {"Mean", "P50", "P95", "P99", "Max"},
                               "Of times: which figure of all.")),
      label("operation", "Only this operation of spec.load.mix; default: all of them."),
      field(FieldType::Amount, "atMost", "Times and errors: the most that is good."),
      field(FieldType::Amount, "atLeast", "Everything else: the least that is good.")};
}

FieldSpec criteria() {
  const auto list = [](const char* name, const char* doc) {
    return exactly_one({"atMost", "atLeast"}, objects(name, criterion_fields(), doc));
  };
  return by_default(
      Node::map(),
      object("criteria",
             {list("degraded", "From the first success after the outage until validation."),
              list("validation", "In the validation phase.")},
             "What must hold for users; a criterion that was not measured is missed."));
}

FieldSpec monitoring() {
  std::vector<std::string> all = kSignals;
  all.insert(all.end(), kProbeSignals.begin(), kProbeSignals.end());
  std::sort(all.begin(), all.end());
  return words("monitoring", {0, 64}, all, "Signals that must be watched all the time.");
}

FieldSpec guard() {
  return by_default(
      Node::map(),
      object(
          "guard",
          {field(FieldType::Conditions, "abortWhen", "Any of these ends the drill and undoes it."),
           integer("maxTargets", {1, 1000}, 1, "How many parts of the system faults may hit."),
           integer("silenceSeconds", {0, 86400}, 60,
                   "How long the drill's process may stand still before its guardian kills it and "
                   "undoes everything; 0: for ever.")},
          "What bounds the damage."));
}

FieldSpec notifications() {
  const auto timeout = [] {
    return integer("timeoutSeconds", {1, 300}, 10, "When a try counts as failed.");
  };
  return exactly_one(
      {"command", "webhook"},
      objects("notifications",
              {required(label("name", "The name, as in the timeline.")),
               required(words("on", {1, 3}, {"Start", "Miss", "End"},
                              "When: at the start, at once when an objective is surely missed, at "
                              "the end.")),
               object("command",
                      {required(strings("argv", {1, 64},
                                        "The program, looked up in PATH, and its arguments; it "
                                        "runs in the plan's folder.")),
                       timeout()},
                      "A program that reads the message from its standard input."),
               object("webhook",
                      {required(text("url", "An address of http:// or https://.")), timeout(),
                       field(FieldType::StringMap, "headers", "More headers of the request.")},
                      "An address that the message is sent to by POST.")},
              "Who is told of the drill; see notifications."));
}

FieldSpec spec() {
  FieldSpec fault =
      with_action(Use::Fault, object("fault", fault_fields(), "What breaks; or `faults`."));
  FieldSpec faults =
      with_action(Use::Fault, objects("faults", fault_fields(), "Several, in order; or `fault`."));
  return exactly_one(
      {"fault", "faults"},
      object("spec",
             {required(text("failureType", "What the scenario stands for.")),
              text("description", "The scenario in a sentence."),
              by_default("Orchestrate",
                         choice("failover", {"Orchestrate", "Observe"},
                                "Whether the plan's steps recover the service or the system does "
                                "it by itself and the plan only breaks, watches and judges.")),
              required(objectives()),
              required(target()),
              field(FieldType::StringMap, "roles", "Which part of the system plays which role."),
              required(probes()),
              integer("vantages", {1, 2}, 2,
                      "From how many places a cluster's drill is measured: 2, the runner's pod and "
                      "the guardian's, or 1. On one machine it is one."),
              load(),
              timing(),
              profiles(),
              label("profile", "The profile that was applied; written by --profile."),
              std::move(fault),
              std::move(faults),
              recovery(),
              failback(),
              phase_targets(),
              criteria(),
              monitoring(),
              guard(),
              notifications()},
             "The scenario."));
}

}  // namespace

const FieldSpec& recovery_plan_table() {
  static const FieldSpec kTable = fields::document("RecoveryPlan", required(spec()));
  return kTable;
}

}  // namespace api
