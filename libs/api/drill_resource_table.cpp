// The tables of a Drill, one run of a RecoveryPlan in a cluster: `spec` is what a person or a
// schedule asks for, `status` is what the operator and the drill's runner found. The status holds
// the plan by value and the undo journal, so that a drill can be undone whatever became of its
// plan, its runner and the runner's disk.
#include "api/drill_resource.h"
#include "api/field.h"
#include "api/status_tables.h"
#include "api/tables.h"

namespace api {

using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

namespace {

constexpr std::int64_t kWeek = 604'800;
constexpr std::int64_t kMost = std::int64_t{1} << 53;  // what every reader of JSON holds exactly

FieldSpec spec() {
  FieldSpec timing = table_at(recovery_plan_table(), "spec.profiles.timing");
  timing.required = false;
  timing.doc = "Replaces these fields of the plan's timing, after the profile.";
  return object(
      "spec",
      {required(object("planRef", {required(label("name", "The plan, in the drill's namespace."))},
                       "The RecoveryPlan to run.")),
       label("profile", "The plan's set of timing to use."),
       object("objectives",
              {integer("rtoSeconds", {1, kWeek}, {}, "At most what the plan allows."),
               integer("rpoSeconds", {1, kWeek}, {},
                       "At most what the plan allows; needs a probe that keeps a ledger.")},
              "Objectives of this drill; they may only be stricter than the plan's."),
       std::move(timing),
       flag("abort", false, "Set to true to end the drill and undo it; it cannot be set back."),
       strings("approvals", {0, 64}, "Names of manual steps that a person has approved.")},
      "What is asked for; fixed once it is created, except abort and approvals.");
}

FieldSpec objective(const char* name, const char* doc, bool with_writes) {
  std::vector<FieldSpec> inner = {
      integer("objectiveSeconds", {0, kWeek}, {},
              "What was judged against; none: the plan asks for none."),
      integer("lowerMillis", {0, kMost}, {}, "At least this was measured."),
      integer("upperMillis", {0, kMost}, {}, "At most this was measured; none: it never ended."),
  };
  if (with_writes) {
    inner.push_back(integer("lostWrites", {0, kMost}, {}, "Acknowledged writes that were lost."));
  }
  inner.push_back(text("display", "The measurement for people, as in 12.4–12.6 s."));
  inner.push_back(
      choice("verdict", drill_verdicts(), "Whether the objective was met; none: there is none."));
  return object(name, std::move(inner), doc);
}

FieldSpec evidence() {
  return object("evidence",
                {choice("kind", {"PersistentVolumeClaim", "Secret", "ConfigMap"}, "What holds it."),
                 text("name", "Its name, in the drill's namespace."),
                 text("path", "The folder or key within it.")},
                "Where the drill's evidence is.");
}

FieldSpec runner() {
  return object("runner",
                {text("pod", "The pod that runs the drill."), text("node", "The node it is on."),
                 text("uid", "The pod's UID; another pod of that name is another runner."),
                 time_field("heartbeatTime", "When it last said that it goes on.")},
                "Who carries the drill out.");
}

std::vector<FieldSpec> status_fields() {
  return {
      observed_generation(),
      status_conditions(
          "Accepted (the plan can be run), Running, AwaitingApproval (a step waits for a person), "
          "Succeeded (it ran to its end and met its objectives) and Undone (nothing of what it "
          "broke is left)."),
      choice("phase", drill_phases(), "How far it is."),
      choice("state", drill_states(), "The state of the system that is drilled."),
      text("id", "The drill's id, as in its report and evidence."),
      field(FieldType::Anything, "plan", "The plan that is run, as it was when the drill began."),
      time_field("startTime", "When it began."),
      time_field("faultTime", "When the first fault was begun."),
      time_field("completionTime", "When it ended and was undone."),
      choice("verdict", drill_verdicts(), "The worst of its verdicts."),
      text("reason", "Why, in a sentence."),
      objective("rto", "The recovery time that users saw.", false),
      objective("rpo", "The age of the oldest acknowledged write that was lost.", true),
      strings("violations", {}, "What the plan demands and the drill did not show."),
      strings("recommendations", {}, "What to do about it."),
      evidence(),
      runner(),
      object("guardian",
             {text("pod", "The pod that watches it."), text("node", "The node it is on.")},
             "Who undoes the drill when its runner does not go on."),
      text("journal", "The undo journal: what was broken and how it is put back."),
      time_field("faultDeadline", "Whoever sees this time passed undoes the drill."),
      strings("problems", {}, "What went wrong that a person should look at.")};
}

}  // namespace

const FieldSpec& drill_table() {
  static const FieldSpec kTable = document("Drill", required(spec()));
  return kTable;
}

const FieldSpec& drill_status_table() {
  static const FieldSpec kTable = object("status", status_fields(), "What was found.");
  return kTable;
}

}  // namespace api
