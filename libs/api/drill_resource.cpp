#include "api/drill_resource.h"

namespace api {

const std::vector<std::string>& drill_phases() {
  static const std::vector<std::string> kPhases = {
      "Pending",    "Starting", "Preflight", "Baseline", "Injection", "Recovery",
      "Validation", "Failback", "Reporting", "NotWhole", "Finished"};
  return kPhases;
}

const std::vector<std::string>& drill_states() {
  static const std::vector<std::string> kStates = {"Normal", "Degraded", "FailoverInProgress",
                                                   "DisasterRecoveryActive", "RecoveryInProgress"};
  return kStates;
}

const std::vector<std::string>& drill_verdicts() {
  static const std::vector<std::string> kVerdicts = {"Met", "Inconclusive", "Missed", "Invalid"};
  return kVerdicts;
}

Node as_written(const Node& object) {
  Node out = Node::map();
  for (const Entry& entry : object.entries()) {
    if (entry.key != "status" && entry.key != "metadata") out.entries().push_back(entry);
    if (entry.key != "metadata") continue;
    Node metadata = Node::map();
    for (const Entry& inner : entry.value.entries()) {
      const bool own = inner.key == "name" || inner.key == "labels" || inner.key == "annotations";
      if (own) metadata.entries().push_back(inner);
    }
    out.entries().push_back({entry.key, metadata, entry.mark});
  }
  return out;
}

}  // namespace api
