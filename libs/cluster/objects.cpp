#include "cluster/objects.h"

#include <algorithm>

#include <fmt/format.h>

namespace cluster {

using api::Node;

const kube::Resource kPods{"", "v1", "Pod", "pods", true};
const kube::Resource kServices{"", "v1", "Service", "services", true};
const kube::Resource kSecrets{"", "v1", "Secret", "secrets", true};
const kube::Resource kConfigMaps{"", "v1", "ConfigMap", "configmaps", true};
const kube::Resource kNamespaces{"", "v1", "Namespace", "namespaces", false};
const kube::Resource kNodes{"", "v1", "Node", "nodes", false};
const kube::Resource kEndpointSlices{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices",
                                     true};
const kube::Resource kNetworkPolicies{"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies",
                                      true};

namespace {

base::Result<Node> parse_object(std::string_view json) {
  TRY(Node object, api::parse_json(json));
  if (object["metadata"]["name"].as_string().empty()) {
    return base::fail(base::Code::InvalidArgument, "an object without a name");
  }
  return object;
}

Labels map_of(const Node& node) {
  Labels out;
  for (const api::Entry& entry : node.entries()) out[entry.key] = entry.value.as_string();
  return out;
}

}  // namespace

base::Result<kube::Resource> workload_resource(std::string_view kind) {
  if (kind == "Deployment") return kube::Resource{"apps", "v1", "Deployment", "deployments", true};
  if (kind == "StatefulSet") {
    return kube::Resource{"apps", "v1", "StatefulSet", "statefulsets", true};
  }
  if (kind == "DaemonSet") return kube::Resource{"apps", "v1", "DaemonSet", "daemonsets", true};
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("'{}' is no kind of workload: Deployment, StatefulSet or DaemonSet", kind));
}

base::Result<Selector> Selector::parse(const Node& node) {
  Selector out;
  for (const api::Entry& entry : node["matchLabels"].entries()) {
    out.all_.push_back({entry.key, Operator::In, {entry.value.as_string()}});
  }
  for (const Node& item : node["matchExpressions"].items()) {
    const std::string& how = item["operator"].as_string();
    Requirement one{item["key"].as_string(), Operator::In, item["values"].as_strings()};
    if (how == "NotIn") {
      one.how = Operator::NotIn;
    } else if (how == "Exists") {
      one.how = Operator::Exists;
    } else if (how == "DoesNotExist") {
      one.how = Operator::DoesNotExist;
    } else if (how != "In") {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("selector: operator '{}' is not known", how));
    }
    out.all_.push_back(std::move(one));
  }
  return out;
}

bool Selector::matches(const Labels& labels) const {
  // As everywhere in Kubernetes, a selector of a workload that asks for nothing selects nothing.
  if (all_.empty()) return false;
  return std::all_of(all_.begin(), all_.end(), [&](const Requirement& one) {
    const auto label = labels.find(one.key);
    const bool there = label != labels.end();
    const bool among =
        there && std::find(one.values.begin(), one.values.end(), label->second) != one.values.end();
    switch (one.how) {
      case Operator::In: return among;
      case Operator::NotIn: return !among;
      case Operator::Exists: return there;
      case Operator::DoesNotExist: return !there;
    }
    return false;
  });
}

bool Selector::asks_for(std::string_view key) const {
  return std::any_of(all_.begin(), all_.end(),
                     [&](const Requirement& one) { return one.key == key; });
}

// A requirement that a label is there or has a value, against one that it is not, or has another.
bool Selector::Requirement::excludes(const Requirement& other) const {
  if (key != other.key) return false;
  const bool wants = how == Operator::In || how == Operator::Exists;
  if (other.how == Operator::DoesNotExist) return wants;
  if (how != Operator::In) return false;
  const bool also = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return std::find(other.values.begin(), other.values.end(), value) != other.values.end();
  });
  if (other.how == Operator::In) return !also;
  return other.how == Operator::NotIn &&
         std::all_of(values.begin(), values.end(), [&](const std::string& value) {
           return std::find(other.values.begin(), other.values.end(), value) != other.values.end();
         });
}

bool Selector::excludes(const Selector& other) const {
  return std::any_of(all_.begin(), all_.end(), [&](const Requirement& one) {
    return std::any_of(other.all_.begin(), other.all_.end(), [&](const Requirement& two) {
      return one.excludes(two) || two.excludes(one);
    });
  });
}

std::string Selector::query() const {
  std::string out;
  for (const Requirement& one : all_) {
    const std::string values = fmt::format("{}", fmt::join(one.values, ","));
    out += out.empty() ? "" : ",";
    switch (one.how) {
      case Operator::In:
        out += one.values.size() == 1 ? fmt::format("{}={}", one.key, values)
                                      : fmt::format("{} in ({})", one.key, values);
        break;
      case Operator::NotIn: out += fmt::format("{} notin ({})", one.key, values); break;
      case Operator::Exists: out += one.key; break;
      case Operator::DoesNotExist: out += "!" + one.key; break;
    }
  }
  return out;
}

std::string controller_of(const Node& object) {
  for (const Node& owner : object["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].as_bool()) return owner["kind"].as_string();
  }
  return "";
}

Labels labels_of(const Node& object) {
  return map_of(object["metadata"]["labels"]);
}

bool opted_in(const Labels& labels) {
  const auto label = labels.find(kOptInLabel);
  return label != labels.end() && label->second == kOptInValue;
}

base::Result<Pod> parse_pod(std::string_view json) {
  TRY(const Node object, parse_object(json));
  const Node& meta = object["metadata"];
  const Node& status = object["status"];
  Pod out;
  out.name = meta["name"].as_string();
  out.uid = meta["uid"].as_string();
  out.labels = labels_of(object);
  out.owner = controller_of(object);
  out.deleting = !meta["deletionTimestamp"].as_string().empty();
  if (const auto time = kube::parse_time(meta["creationTimestamp"].as_string())) {
    out.created = *time;
  }
  out.ip = status["podIP"].as_string();
  out.phase = status["phase"].as_string();
  out.node = object["spec"]["nodeName"].as_string();
  for (const Node& condition : status["conditions"].items()) {
    if (condition["type"].as_string() == "Ready")
      out.ready = condition["status"].as_string() == "True";
  }
  return out;
}

base::Result<Workload> parse_workload(const std::string& kind, std::string_view json) {
  TRY(const Node object, parse_object(json));
  Workload out;
  out.kind = kind;
  out.name = object["metadata"]["name"].as_string();
  out.uid = object["metadata"]["uid"].as_string();
  out.labels = labels_of(object);
  out.selects = object["spec"]["selector"];
  TRY(out.selector, Selector::parse(out.selects));
  const Node& status = object["status"];
  if (kind == "DaemonSet") {
    out.desired = status["desiredNumberScheduled"].as_int();
    out.ready = status["numberReady"].as_int();
  } else {
    out.desired = object["spec"]["replicas"].as_int(1);
    out.ready = status["readyReplicas"].as_int();
  }
  return out;
}

base::Result<Service> parse_service(std::string_view json) {
  TRY(const Node object, parse_object(json));
  const Node& spec = object["spec"];
  Service out;
  out.name = object["metadata"]["name"].as_string();
  out.uid = object["metadata"]["uid"].as_string();
  out.ip = spec["clusterIP"].as_string();
  for (const Node& port : spec["ports"].items()) out.ports.push_back(port["port"].as_int());
  out.selector = spec["selector"];
  return out;
}

}  // namespace cluster
