// The table of a DrillSchedule: every field that a schedule may have, with its type, range, default
// and meaning. What an expression, a zone or a time must be is checked in scheduling/document.cpp.
#include "api/field.h"
#include "api/recovery_plan.h"
#include "api/tables.h"

namespace api {

using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

namespace {

constexpr std::int64_t kWeekSeconds = 604'800;
constexpr std::int64_t kMostKept = 10'000;

FieldSpec blackouts() {
  return exactly_one(
      {"schedule", "from"},
      objects("blackouts",
              {required(label("name", "The name, as in reasons.")),
               text("schedule", "When a recurring window begins: a cron expression."),
               integer("durationSeconds", {60, kWeekSeconds}, {},
                       "How long a recurring window lasts, in real seconds."),
               text("from",
                    "When a window begins that comes once: a time with an offset, or as the clock "
                    "of timeZone reads it."),
               text("to", "When that window ends."),
               text("timeZone", "The window's own time zone; default: that of the schedule.")},
              "When no drill may start."));
}

FieldSpec drill() {
  return object("drill",
                {required(text("plan", "The plan's file, relative to the schedule's.")),
                 text("profile", "The plan's set of timing to use."),
                 strings("set", {0, 64}, "Fields of the plan to override, as PATH=VALUE.")},
                "What each slot runs.");
}

FieldSpec spec_fields() {
  return object(
      "spec",
      {required(text("schedule",
                     "When: minute, hour, day of month, month and day of week, or @daily and its "
                     "like.")),
       by_default("UTC", text("timeZone", "The IANA time zone of the schedule.")),
       by_default("Forbid", choice("concurrencyPolicy", {"Allow", "Forbid", "Replace"},
                                   "What happens to a slot while a drill of the plan still runs: "
                                   "it starts too, waits and is skipped at its deadline, or the "
                                   "running one is aborted and undone first.")),
       integer("startingDeadlineSeconds", {1, kWeekSeconds}, 300,
               "How late a slot may start; later it is skipped."),
       by_default("Skip", choice("blackoutPolicy", {"Skip", "Defer"},
                                 "What happens to a slot in a blackout: it is skipped, or starts "
                                 "when the blackout ends.")),
       integer("successfulDrillsHistoryLimit", {1, kMostKept}, {},
               "How many drills of the schedule with exit code 0 are kept; default: all."),
       integer("failedDrillsHistoryLimit", {1, kMostKept}, {},
               "How many other drills of the schedule are kept; default: all."),
       flag("suspend", false, "Skips every slot while true."), blackouts(), required(drill())},
      "The schedule.");
}

}  // namespace

const FieldSpec& drill_schedule_table() {
  static const FieldSpec kTable = document("DrillSchedule", required(spec_fields()));
  return kTable;
}

}  // namespace api
