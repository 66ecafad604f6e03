// What is told of a drill to others while it runs and when it has ended: one JSON document per
// moment, of a version of its own, because programs of others read it (docs/plans.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drill/report.h"

namespace report {

enum class Moment : std::uint8_t { Start, Miss, End };
const char* name(Moment moment);

struct NotificationObjective {
  std::optional<drill::Duration> objective;  // nothing: the plan asks for none
  std::optional<drill::Bounds> bounds;       // of the service outage, and before the end of the
                                             // user-visible one; nothing: not known (yet)
};

struct NotificationMessage {
  Moment moment = Moment::Start;
  std::string missed;  // of a Miss: "RTO", "RPO"
  std::string drill_id, plan, profile;
  drill::WallTime at{};
  std::string phase, state;               // as in `drill show`
  std::optional<drill::Verdict> verdict;  // nothing: it is not known yet
  std::vector<std::string> reasons;
  NotificationObjective rto, rpo;
  std::string report_path;  // empty: there is none yet
};

/// One line of JSON with a line end.
std::string to_json(const NotificationMessage& message);

/// The message of a finished drill.
NotificationMessage message_of(const drill::Report& report, Moment moment);

}  // namespace report
