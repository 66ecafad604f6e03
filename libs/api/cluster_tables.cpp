// RecoveryPlan and DrillSchedule as an API server keeps them. They are the tables that files are
// read with, changed where a cluster differs: a plan's target is in the cluster, a schedule names a
// plan instead of a file, and no list, map or text is without an end, because the API server
// reckons what its rules may cost from the longest that each can be.
#include "api/drill_resource.h"
#include "api/field.h"
#include "api/recovery_plan.h"
#include "api/status_tables.h"
#include "api/tables.h"
#include "base/check.h"

namespace api {

using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

namespace {

constexpr std::int64_t kMostItems = 64;

FieldSpec& inner(FieldSpec& table, std::string_view name) {
  for (FieldSpec& field : table.fields) {
    if (field.name == name) return field;
  }
  CHECK(false);
  return table;
}

void bound(FieldSpec& field) {
  const bool list = field.type == FieldType::Objects || field.type == FieldType::Strings ||
                    field.type == FieldType::Conditions;
  if (list && (field.maximum == 0 || field.maximum > kMostItems)) field.maximum = kMostItems;
  for (FieldSpec& each : field.fields) bound(each);
}

FieldSpec plan_table() {
  FieldSpec table = recovery_plan_table();
  FieldSpec& spec = inner(table, "spec");
  bound(spec);
  inner(spec, "probes").minimum = 1;
  inner(spec, "faults").minimum = 1;
  FieldSpec& target = inner(spec, "target");
  target.exactly_one_of.clear();
  inner(target, "local") =
      field(FieldType::Anything, "local",
            "For plans that are run on one machine; not allowed in a cluster.");
  return table;
}

FieldSpec schedule_table() {
  FieldSpec table = drill_schedule_table();
  FieldSpec& spec = inner(table, "spec");
  bound(spec);
  inner(spec, "drill") = required(
      object("drill",
             {required(object("planRef",
                              {required(label("name", "The plan, in the schedule's namespace."))},
                              "The RecoveryPlan to run.")),
              label("profile", "The plan's set of timing to use.")},
             "What each slot runs: a Drill is made of it."));
  return table;
}

std::vector<FieldSpec> plan_status_fields() {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  const std::vector<std::string> trends = {"Stable", "Improving", "Degrading"};
  return {
      observed_generation(),
      status_conditions("Ready (the plan can be run) and Compliant (its newest drill that decided "
                        "its objectives met them all and is young enough)."),
      text("lastDrill", "The newest drill of the plan."),
      choice("lastVerdict", drill_verdicts(), "Its verdict."),
      time_field("lastTestedTime", "When a drill last decided its objectives."),
      text("lastTestedBy", "That drill."),
      field(FieldType::Boolean, "stale",
            "Whether there is no such drill, or it is older than maxAgeDays."),
      integer("drills", {0, kMost}, {}, "How many comparable drills the figures are of."),
      text("rtoComplianceRatio", "The share of drills that met the RTO, from 0 to 1."),
      text("rtoComplianceLowerBound", "Its lower bound, one-sided 95 %."),
      integer("rtoWorstMillis", {0, kMost}, {}, "The longest recovery; none: one never ended."),
      choice("rtoTrend", trends, "How recoveries change from drill to drill."),
      text("rpoComplianceRatio",
           "The share of drills that met the RPO, from 0 to 1; none: they had no such objective."),
      text("rpoComplianceLowerBound", "Its lower bound, one-sided 95 %."),
      integer("rpoWorstMillis", {0, kMost}, {}, "The greatest loss."),
      choice("rpoTrend", trends, "How losses change from drill to drill."),
      strings("reasons", {}, "Why the plan is not compliant; empty: it is."),
      strings("recommendations", {}, "Advice from what was seen more than once.")};
}

std::vector<FieldSpec> schedule_status_fields() {
  return {observed_generation(),
          status_conditions("Ready (the schedule can be read and its plan is there)."),
          objects("active", {required(label("name", "The Drill.")), text("uid", "Its UID.")},
                  "Drills of the schedule that run now."),
          time_field("lastScheduleTime", "The last slot that started a drill."),
          time_field("nextScheduleTime", "The next slot that will start one."),
          time_field("lastSuccessfulTime", "When a drill of the schedule last met its objectives."),
          text("lastSkipped", "Why the last slot that started no drill did not."),
          text("state", "What was decided of its latest slots, as JSON; so that none runs twice.")};
}

}  // namespace

FieldSpec time_field(std::string name, std::string doc) {
  FieldSpec out = text(std::move(name), std::move(doc));
  CHECK(is_time(out));
  return out;
}

bool is_time(const FieldSpec& field) {
  return field.type == FieldType::String &&
         (field.name.ends_with("Time") || field.name.ends_with("Deadline"));
}

FieldSpec observed_generation() {
  return integer("observedGeneration", {0, std::int64_t{1} << 53}, {},
                 "The generation of the spec that this status is of.");
}

FieldSpec status_conditions(const std::string& types) {
  FieldSpec out =
      objects("conditions",
              {required(text("type", "Its name.")),
               required(choice("status", {"True", "False", "Unknown"}, "Whether it holds.")),
               required(text("reason", "Why, in a word.")), text("message", "Why, in a sentence."),
               required(time_field("lastTransitionTime", "When its status last changed.")),
               observed_generation()},
              types);
  return out;
}

const FieldSpec& cluster_plan_table() {
  static const FieldSpec kTable = plan_table();
  return kTable;
}

const FieldSpec& cluster_schedule_table() {
  static const FieldSpec kTable = schedule_table();
  return kTable;
}

const FieldSpec& plan_status_table() {
  static const FieldSpec kTable = object("status", plan_status_fields(), "What was found.");
  return kTable;
}

const FieldSpec& schedule_status_table() {
  static const FieldSpec kTable = object("status", schedule_status_fields(), "What was found.");
  return kTable;
}

}  // namespace api
