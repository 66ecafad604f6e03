// What the programs in a drill's pods are started with.
#pragma once

#include <string>

namespace op {

struct PodOptions {
  std::string ns, drill;                     // of the Drill
  std::string drill_uid;                     // empty: whichever has that name
  std::string pod, pod_uid, node;            // where it runs
  std::string kubeconfig;                    // empty: the pod's service account
  std::string state_dir;                     // empty: the default
  std::string name_server;                   // empty: the first of /etc/resolv.conf
  std::string evidence_dir, evidence_claim;  // runner: empty: evidence goes into a Secret
  std::string evidence_key;                  // runner: a PEM file; empty: one made for this drill
  std::string version, revision, compiler;   // of this program
};

/// Where that is, for people.
inline std::string place_of(const PodOptions& options) {
  return options.node.empty() ? "pod " + options.pod : "pod " + options.pod + " on " + options.node;
}

}  // namespace op
