// What a drill's end says in the Drill's status: the figures of the report that people look for
// with kubectl, and the conditions that programs wait for. Pure.
#pragma once

#include <string>
#include <vector>

#include "cluster/drill_object.h"
#include "drill/report.h"

namespace op {

/// Where the evidence lies; empty kind: nowhere.
struct EvidencePlace {
  std::string kind;  // Secret, PersistentVolumeClaim
  std::string name, path;
};

/// Members of the status of a drill that ran to its end.
std::vector<cluster::Member> result_of(const drill::Report& report, const EvidencePlace& evidence,
                                       const std::vector<std::string>& problems,
                                       const cluster::DrillObject& drill, base::WallTime now);

/// Why nothing could begin, as a reason of the conditions: TargetNotFound, NamespaceNotEnabled,
/// Forbidden, or what says no more than that: NotBegun.
inline constexpr const char* kNotEnabled = "NamespaceNotEnabled";
std::string not_begun_reason(const base::Error& error);

/// Of one that has no report: it could not begin, or its pod died. `undone`: nothing is left of it;
/// else the drill is not finished.
std::vector<cluster::Member> failure_of(const std::string& reason, const std::string& message,
                                        bool undone, const cluster::DrillObject& drill,
                                        base::WallTime now);

}  // namespace op
