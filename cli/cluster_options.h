// The commands for a cluster, as data: `muster cluster run` and its like, which are the same as
// `kubectl muster run` (docs/adr/0014). Flags and forms of output are called as kubectl calls them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "kube/config.h"

namespace cli {

/// Which cluster, as whom, in which namespace; empty: as the kubeconfig says.
struct ClusterFlags {
  std::string kubeconfig, context, cluster, user, ns;
  kube::ConfigOverrides overrides{};
  std::optional<base::Duration> request_timeout{};  // 0: none; nothing: kRequestTimeout
};

/// Of one request, where nothing is said; kubectl waits for ever.
inline constexpr base::Duration kRequestTimeout = base::seconds(30);

/// What -o takes; "Table" is no -o.
enum class ObjectForm : std::uint8_t {
  Table,
  Wide,
  Json,
  Yaml,
  Name,
  JsonPath,
  JsonPathAsJson,
  CustomColumns
};
/// The same, with what stands after its '=' (cli/object_shape.h).
struct ObjectShape {
  ObjectForm form = ObjectForm::Table;
  std::string expression{};
  bool no_headers = false;
};

/// `kubectl muster run PLAN`
struct ClusterRun {
  std::string plan, profile;
  std::string name;         // empty: the server makes one of the plan's
  bool watch = false;       // tell what happens until it ends
  bool wait = false;        // the same, saying nothing on the way
  int timeout_seconds = 0;  // of either; 0: none
  ObjectShape shape;
};
struct ClusterWatch {
  std::string drill;
  int timeout_seconds = 0;
};
struct ClusterAbort {
  std::string drill;
  bool wait = false;
  int timeout_seconds = 0;
};
/// `kubectl muster approve DRILL STEP`
struct ClusterApprove {
  std::string drill, step;
};
/// `kubectl muster status [DRILL]`
struct ClusterStatus {
  std::string drill;  // empty: all
  bool all_namespaces = false;
  ObjectShape shape;
};
struct ClusterReport {
  std::string drill;
  std::string form = "terminal";  // html, json, junit
  std::string out;                // a file instead of stdout
};
struct ClusterVerify {
  std::string drill;
  std::string trust;  // a trust list; empty: this machine's own
  std::string form = "table";
};
/// `kubectl muster enable|disable NAMESPACE`
struct ClusterNamespace {
  std::string verb, ns;
  std::string operator_account = "muster-system/muster-operator";
  bool rights_only = false;  // enable: leave the label to others
  bool dry_run = false;      // enable: print the manifest
  bool force_conflicts = false;
};

}  // namespace cli
