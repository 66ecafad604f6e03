// The objects of a cluster that drills touch, cut down to what a drill reads of them. Pure.
// Source: Kubernetes API reference, core/v1 and apps/v1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "kube/resource.h"

namespace cluster {

extern const kube::Resource kPods, kServices, kSecrets, kNamespaces, kNodes, kConfigMaps;
extern const kube::Resource kEndpointSlices, kNetworkPolicies;
/// "Deployment", "StatefulSet", "DaemonSet". Errors: InvalidArgument for another kind.
base::Result<kube::Resource> workload_resource(std::string_view kind);

/// The label, and its value, by which a namespace or a workload agrees to be broken (D11).
inline constexpr const char* kOptInLabel = "muster.dev/drills";
inline constexpr const char* kOptInValue = "enabled";

/// The label of the pods that a drill runs in.
inline constexpr const char* kDrillLabel = "muster.dev/drill";
/// The annotation, with the plan's name, of what a drill made or cordoned.
inline constexpr const char* kMadeBy = "muster.dev/drilled-by-plan";

using Labels = std::map<std::string, std::string>;

/// The selector of a workload: all of it must hold.
class Selector {
 public:
  /// Of a LabelSelector. Errors: InvalidArgument for an operator that is not known.
  static base::Result<Selector> parse(const api::Node& node);
  bool matches(const Labels& labels) const;
  /// Whether it looks at this label.
  bool asks_for(std::string_view key) const;
  /// Whether nothing can match both.
  bool excludes(const Selector& other) const;
  /// As a `labelSelector` of a request: "app=web,tier in (a,b),!old".
  std::string query() const;

 private:
  enum class Operator : std::uint8_t { In, NotIn, Exists, DoesNotExist };
  struct Requirement {
    std::string key;
    Operator how = Operator::In;
    std::vector<std::string> values;
    bool excludes(const Requirement& other) const;
  };
  std::vector<Requirement> all_;
};

struct Pod {
  std::string name, uid, ip, node, phase;
  std::string owner{};                      // the kind of its controller; empty: it has none
  std::optional<base::WallTime> created{};  // by the server's clock
  Labels labels;
  bool ready = false;
  bool deleting = false;
  bool ended() const { return phase == "Succeeded" || phase == "Failed"; }
};
/// Errors: InvalidArgument: not JSON, or an object without a name.
base::Result<Pod> parse_pod(std::string_view json);

struct Workload {
  std::string name, kind, uid;
  Labels labels;
  Selector selector;
  api::Node selects;  // the same, as the LabelSelector that it is
  std::int64_t desired = 0, ready = 0;
};
/// Errors: InvalidArgument as above, or a selector that is not known.
base::Result<Workload> parse_workload(const std::string& kind, std::string_view json);

struct Service {
  std::string name, ip;  // of the cluster; empty or "None": it has no address of its own
  std::vector<std::int64_t> ports;
  api::Node selector;
  std::string uid;
};
base::Result<Service> parse_service(std::string_view json);

/// Whether this is the label of those who agree.
bool opted_in(const Labels& labels);
/// The kind of an object's controller ("ReplicaSet"); empty: it has none.
std::string controller_of(const api::Node& object);
/// Of `metadata.labels`.
Labels labels_of(const api::Node& object);

}  // namespace cluster
