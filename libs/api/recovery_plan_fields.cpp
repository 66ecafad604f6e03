// Every field of a RecoveryPlan. What a user may write is here and nowhere else: the validator, the
// JSON schema and the tables of docs/plans.md all read it.
#include "api/recovery_plan.h"
#include "api/signals.h"

namespace api {
namespace {

using Fields = std::vector<FieldSpec>;

FieldSpec integer(std::string name, std::int64_t minimum, std::int64_t maximum,
                  std::optional<Node> otherwise, std::string doc) {
  return {.name = std::move(name),
          .type = FieldType::Integer,
          .minimum = minimum,
          .maximum = maximum,
          .otherwise = std::move(otherwise),
          .doc = std::move(doc)};
}

FieldSpec required(FieldSpec spec) {
  spec.required = true;
  spec.otherwise = std::nullopt;
  return spec;
}

FieldSpec one_of(std::string name, std::vector<std::string> allowed, std::optional<Node> otherwise,
                 std::string doc) {
  return {.name = std::move(name),
          .type = FieldType::Enum,
          .allowed = std::move(allowed),
          .otherwise = std::move(otherwise),
          .doc = std::move(doc)};
}

FieldSpec name_field(std::string doc) {
  return {.name = "name", .required = true, .doc = std::move(doc), .form = Form::Name};
}

FieldSpec metadata() {
  return {.name = "metadata",
          .type = FieldType::Object,
          .required = true,
          .doc = "As everywhere in Kubernetes.",
          .fields = {
              name_field("Name of the plan; drills and metrics carry it."),
              {.name = "namespace", .doc = "In a cluster.", .form = Form::Name},
              {.name = "labels", .type = FieldType::StringMap, .doc = "Free labels."},
              {.name = "annotations", .type = FieldType::StringMap, .doc = "Free annotations."}}};
}

FieldSpec objectives() {
  return {
      .name = "objectives",
      .type = FieldType::Object,
      .required = true,
      .doc = "What the drill has to prove.",
      .fields = {
          required(integer("rtoSeconds", 1, 86'400, {},
                           "Recovery time objective: the longest outage that is allowed, in "
                           "seconds.")),
          required(integer("rpoSeconds", 1, 86'400, {},
                           "Recovery point objective: the most that may be lost, in seconds of "
                           "acknowledged writes.")),
          one_of("zeroPoint", {"Onset", "FaultBegun", "FaultEffective", "Declared"}, Node("Onset"),
                 "From when the outage counts: the first bad operation, the fault's beginning, its "
                 "proof, or the assessment step's end."),
          integer("maxAgeDays", 1, 3'650, Node(90), "After so many days the evidence is stale."),
          {.name = "decidedBy",
           .type = FieldType::Strings,
           .otherwise = Node::sequence(),
           .doc = "The streams that decide, as PROBE/STREAM (`orders/W`). None: the ledgers "
                  "through the service, else the service streams."}}};
}

FieldSpec target() {
  const FieldSpec workload{
      .name = "workloads",
      .type = FieldType::Objects,
      .required = true,
      .minimum = 1,
      .doc = "What the drill may touch.",
      .fields = {name_field("Name of the object."),
                 required(one_of("kind", {"Deployment", "StatefulSet", "DaemonSet", "Pod"}, {},
                                 "Kind of the object."))}};
  FieldSpec inlined{.name = "inline",
                    .type = FieldType::Object,
                    .doc = "The system itself: the `spec` of a LocalSystem.",
                    .fields = local_system_spec_fields().fields};
  return {
      .name = "target",
      .type = FieldType::Object,
      .required = true,
      .doc = "What is drilled; exactly one of its fields.",
      .fields = {{.name = "local",
                  .type = FieldType::Object,
                  .doc = "Processes on this machine; exactly one of `system` and `inline`.",
                  .fields = {{.name = "system",
                              .doc = "A folder under `systems/` beside the plan, or a path to a "
                                     "LocalSystem file."},
                             std::move(inlined),
                             {.name = "parameters",
                              .type = FieldType::StringMap,
                              .doc = "Values for the system's parameters."}},
                  .groups = {.exactly_one = {{"system", "inline"}}}},
                 {.name = "kubernetes",
                  .type = FieldType::Object,
                  .doc = "Objects in a cluster; such a plan is run by the operator.",
                  .fields = {{.name = "namespace",
                              .required = true,
                              .doc = "Where they live.",
                              .form = Form::Name},
                             workload,
                             {.name = "service",
                              .doc = "The Service that users go through.",
                              .form = Form::Name}}}},
      .groups = {.exactly_one = {{"local", "kubernetes"}}}};
}

FieldSpec load() {
  return {.name = "load",
          .type = FieldType::Object,
          .doc = "What users do while drilling; the criteria are judged by it.",
          .fields = {
              {.name = "probe",
               .doc = "Whose service the users use. Default: the first probe that is no control.",
               .form = Form::Name},
              required(integer("users", 1, 1'000, {}, "Virtual users.")),
              required(integer("operationsPerMinute", 1, 600'000, {},
                               "Operations of all users together, per minute.")),
              {.name = "mix",
               .type = FieldType::Objects,
               .required = true,
               .minimum = 1,
               .maximum = 20,
               .doc = "Which operations, in shares that sum to 100.",
               .fields = {name_field("`read`, `write`, `heavy`, or a name of your own with a "
                                     "statement."),
                          required(integer("share", 1, 100, {}, "Percent of the operations.")),
                          {.name = "statement",
                           .otherwise = Node(""),
                           .doc = "SQL. Empty: the probe's own for read, write and heavy."}}},
              integer("capacityPercent", 100, 1'000, Node(120),
                      "How far the capacity stream of reads is ramped, in percent of the "
                      "RequestsPerSecond target.")}};
}

Fields timing_fields() {
  return {
      integer("baselineSeconds", 1, 86'400, Node(300),
              "Steady state before the fault, in seconds; not below holdSeconds."),
      integer("holdSeconds", 1, 600, Node(10),
              "How long it must stay good to count as recovered, in seconds."),
      integer("sampleSeconds", 1, 600, Node(10), "Time between two samples of the target."),
      integer("recoverySeconds", 0, 86'400, Node(0),
              "The longest wait for recovery, in seconds. 0: twice the RTO objective."),
      integer("validationSeconds", 1, 86'400, Node(600),
              "How long the recovered service is judged, in seconds."),
      integer("deadlineSeconds", 10, 172'800, Node(1'800),
              "When it ends in any case and everything is undone, in seconds."),
  };
}

FieldSpec timing() {
  return {.name = "timing",
          .type = FieldType::Object,
          .otherwise = Node::map(),
          .doc = "How long the drill's phases take.",
          .fields = timing_fields()};
}

FieldSpec profiles() {
  Fields overrides = timing_fields();
  for (FieldSpec& field : overrides) field.otherwise = std::nullopt;
  return {.name = "profiles",
          .type = FieldType::Objects,
          .maximum = 20,
          .doc =
              "Named sets of timing for `--profile`; objectives and criteria are the same in "
              "each.",
          .fields = {name_field("As in `--profile quick`."),
                     {.name = "timing",
                      .type = FieldType::Object,
                      .otherwise = Node::map(),
                      .doc = "The fields of spec.timing that differ.",
                      .fields = std::move(overrides)}}};
}

FieldSpec fault(std::string name, FieldType type) {
  return {.name = std::move(name),
          .type = type,
          .minimum = type == FieldType::Objects ? 1 : 0,
          .maximum = 20,
          .doc = "What is broken: one kind of fault, in order if there are several (`faults`).",
          .fields = {name_field("Name in the timeline."),
                     {.name = "provenBy",
                      .type = FieldType::Condition,
                      .required = true,
                      .doc = "The fault is effective once this holds; a fault that was not proven "
                             "makes the drill invalid."},
                     integer("timeoutSeconds", 1, 3'600, Node(60),
                             "The longest wait for the fault and its proof, in seconds.")},
          .action = Use::Fault};
}

FieldSpec steps(std::string name, std::string doc, bool failback) {
  std::vector<std::string> phases = {"FailureAssessment", "ServiceIsolation", "BackupActivation",
                                     "DataSynchronization", "ServiceRestoration"};
  if (failback) phases = {"Failback"};
  FieldSpec phase = one_of("phase", phases, {}, "Which part of the recovery the step is.");
  if (failback) {
    phase.otherwise = Node("Failback");
  } else {
    phase.required = true;
  }
  return {
      .name = std::move(name),
      .type = FieldType::Objects,
      .otherwise = Node::sequence(),
      .doc = std::move(doc),
      .fields = {name_field("Name in the timeline; every step has its own."),
                 std::move(phase),
                 integer("targetMillis", 0, 86'400'000, Node(0),
                         "The step should take at most this, in milliseconds. 0: no target."),
                 integer("timeoutSeconds", 1, 86'400, Node(60), "When it has failed, in seconds."),
                 {.name = "undo",
                  .type = FieldType::Object,
                  .doc = "A step that takes it back, instead of the kind's own undo.",
                  .action = Use::Step},
                 {.name = "forwardOnly",
                  .type = FieldType::Boolean,
                  .otherwise = Node(false),
                  .doc = "Once it has happened there is no way back but failback: a promotion."},
                 one_of("onFailure", {"Abort", "Continue"}, Node("Abort"),
                        "What a failure means for the steps behind it.")},
      .action = Use::Step};
}

FieldSpec criteria_list(std::string name, std::string doc) {
  std::vector<std::string> known;
  for (const MetricInfo& metric : metrics()) known.emplace_back(metric.name);
  const auto bound = [](std::string field, std::string text) {
    return FieldSpec{.name = std::move(field),
                     .type = FieldType::Decimal,
                     .minimum = 0,
                     .maximum = 1'000'000'000,
                     .doc = std::move(text)};
  };
  return {.name = std::move(name),
          .type = FieldType::Objects,
          .otherwise = Node::sequence(),
          .doc = std::move(doc),
          .fields = {required(one_of("metric", std::move(known), {}, "What is judged.")),
                     bound("atMost", "Times and error rates: the largest value that is met."),
                     bound("atLeast", "Users, throughput, scores: the smallest value that is met."),
                     one_of("statistic", {"Mean", "P50", "P95", "P99", "Max"}, {},
                            "Of latencies. Default: P95."),
                     {.name = "operation",
                      .doc = "Only this operation of load.mix. Default: all of them.",
                      .form = Form::Name}},
          .key = "",
          .groups = {.exactly_one = {{"atMost", "atLeast"}}}};
}

FieldSpec criteria() {
  return {.name = "criteria",
          .type = FieldType::Object,
          .otherwise = Node::map(),
          .doc = "Performance targets, judged by the load.",
          .fields = {criteria_list("degraded", "From the first success on until validation."),
                     criteria_list("validation", "While the recovered service is validated.")}};
}

FieldSpec phase_targets() {
  const std::pair<const char*, const char*> phases[] = {
      {"detectedMillis", "From the onset until the assessment saw the failure."},
      {"decidedMillis", "From there until the first step that changes something began."},
      {"promotedMillis", "From there until the new primary took its first write."},
      {"redirectedMillis", "From there until the first success through the service."},
      {"sustainedMillis", "From there until the service stayed good."},
      {"redundancyMillis", "From there until there is a standby again."}};
  Fields fields;
  for (const auto& [phase, doc] : phases) {
    fields.push_back(integer(phase, 0, 86'400'000, Node(0), std::string(doc) + " 0: no target."));
  }
  return {.name = "phaseTargets",
          .type = FieldType::Object,
          .otherwise = Node::map(),
          .doc = "The longest each measured phase should take, in milliseconds.",
          .fields = std::move(fields)};
}

FieldSpec monitoring() {
  FieldSpec field{
      .name = "monitoring",
      .type = FieldType::Strings,
      .maximum = 20,
      .otherwise = Node::sequence(),
      .doc = "What must be watched while drilling; what was not seen costs compliance."};
  for (const char* signal : kSignals) field.allowed.emplace_back(signal);
  return field;
}

FieldSpec guard() {
  return {.name = "guard",
          .type = FieldType::Object,
          .otherwise = Node::map(),
          .doc = "What keeps a drill from doing harm.",
          .fields = {{.name = "abortWhen",
                      .type = FieldType::Objects,
                      .maximum = 20,
                      .otherwise = Node::sequence(),
                      .doc = "Conditions; once one of them holds everything is undone.",
                      .key = "",
                      .action = Use::Condition},
                     integer("maxTargets", 1, 100, Node(1),
                             "How many different things the faults may touch.")}};
}

Fields spec_fields() {
  return {{.name = "failureType",
           .required = true,
           .doc = "What fails, in one CamelCase word: DatabasePrimaryFailure.",
           .form = Form::Word},
          {.name = "description", .otherwise = Node(""), .doc = "For people."},
          objectives(),
          target(),
          {.name = "roles",
           .type = FieldType::StringMap,
           .otherwise = Node::map(),
           .doc = "Names for what the steps speak of: `{primary}` becomes the value of `primary`.",
           .form = Form::Word},
          {.name = "probes",
           .type = FieldType::Objects,
           .required = true,
           .minimum = 1,
           .maximum = 20,
           .doc = "What observes the target; one kind of probe each.",
           .fields = {name_field("Name of the probe; streams are called PROBE/STREAM.")},
           .action = Use::Probe},
          load(),
          timing(),
          profiles(),
          {.name = "failover",
           .type = FieldType::Object,
           .otherwise = Node::map(),
           .doc = "Who fails over.",
           .fields = {one_of("mode", {"Orchestrate", "Observe"}, Node("Orchestrate"),
                             "Orchestrate: the steps do it. Observe: the target does it by itself; "
                             "the steps only wait.")}},
          fault("fault", FieldType::Object),
          fault("faults", FieldType::Objects),
          steps("recovery", "The steps of the recovery, in order.", false),
          steps("failback", "The steps that make the target whole again, in order.", true),
          criteria(),
          phase_targets(),
          monitoring(),
          guard()};
}

}  // namespace

const FieldSpec& plan_fields() {
  static const FieldSpec document{
      .type = FieldType::Object,
      .fields = {one_of("apiVersion", {kGroupVersion}, {}, "The version of this format."),
                 one_of("kind", {"RecoveryPlan"}, {}, "The kind of document."),
                 metadata(),
                 {.name = "spec",
                  .type = FieldType::Object,
                  .required = true,
                  .doc = "The scenario.",
                  .fields = spec_fields(),
                  .groups = {.exactly_one = {{"fault", "faults"}}}}}};
  static const FieldSpec complete = [] {
    FieldSpec spec = document;
    spec.fields[0].required = true;
    spec.fields[1].required = true;
    return spec;
  }();
  return complete;
}

}  // namespace api
