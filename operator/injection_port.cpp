#include "operator/injection_port.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace op {
namespace {

using api::Node;

constexpr std::size_t kPortNameMax = 15;
constexpr const char* kUsualName = "http";

struct Place {
  CapturedPort port;
  const Node* node = nullptr;
  std::string container;
};

bool is_tcp(const Node& port) {
  return !port.has("protocol") || port["protocol"].as_string() == "TCP";
}

/// Of the application's containers, or of the one that the profile names.
std::vector<Place> ports_of(const Node& pod, const std::string& only) {
  std::vector<Place> out;
  const Node::Sequence& containers = pod["spec"]["containers"].items();
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const std::string& container = containers[i]["name"].as_string();
    if (!only.empty() && container != only) continue;
    const Node::Sequence& ports = containers[i]["ports"].items();
    for (std::size_t j = 0; j < ports.size(); ++j) {
      const CapturedPort port{i, j, ports[j]["name"].as_string(),
                              ports[j]["containerPort"].as_int()};
      out.push_back({port, &ports[j], container});
    }
  }
  return out;
}

std::optional<std::int64_t> as_number(const std::string& text) {
  std::int64_t out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

std::string words(const std::vector<Place>& ports) {
  std::string out;
  for (const Place& each : ports) {
    if (!out.empty()) out += ", ";
    out += each.port.name.empty() ? std::to_string(each.port.number) : each.port.name;
  }
  return out;
}

std::variant<Place, PortRefusal> wanted(const std::vector<Place>& all, const std::string& port) {
  const auto number = as_number(port);
  const auto is_it = [&](const Place& each) {
    return number ? each.port.number == *number : each.port.name == port;
  };
  const auto found = std::ranges::find_if(all, is_it);
  if (found != all.end()) return *found;
  return PortRefusal{Injected::NoPort,
                     fmt::format("no container has the port '{}' of the profile", port)};
}

std::variant<Place, PortRefusal> usual(const std::vector<Place>& all) {
  std::vector<Place> tcp;
  std::ranges::copy_if(all, std::back_inserter(tcp),
                       [](const Place& p) { return is_tcp(*p.node); });
  if (tcp.size() == 1) return tcp.front();
  if (tcp.empty()) return PortRefusal{Injected::NoPort, "no container says a TCP port"};
  const auto found = std::ranges::find(tcp, kUsualName, [](const Place& p) { return p.port.name; });
  if (found != tcp.end()) return *found;
  return PortRefusal{
      Injected::SeveralPorts,
      fmt::format("ports {} and none of them named http: say which in spec.injection.port of the "
                  "profile",
                  words(tcp))};
}

/// As ports are named by custom (Kubernetes' appProtocol and Istio's protocol selection).
bool is_http(const std::string& name) {
  return name == kUsualName || name == "web" || name.starts_with("http-") ||
         name.starts_with("web-");
}

std::vector<const Node*> all_ports(const Node& pod) {
  std::vector<const Node*> out;
  for (const char* group : {"containers", "initContainers"}) {
    for (const Node& container : pod["spec"][group].items()) {
      for (const Node& port : container["ports"].items()) out.push_back(&port);
    }
  }
  return out;
}

/// Istio's proxy listens on both ports and says neither.
constexpr const char* kProxy = "istio-proxy";
bool has_mesh(const Node& pod) {
  const Node& spec = pod["spec"];
  return has_named(spec["containers"], kProxy) || has_named(spec["initContainers"], kProxy);
}

/// What a Service that targets the name would reach besides, or what reaches the port without it.
std::optional<PortRefusal> passes_by(const Node& pod, const Place& place) {
  const std::string& name = place.port.name;
  if (name.empty()) {
    return PortRefusal{Injected::UnnamedPort,
                       fmt::format("port {} of container {} has no name, and Services that target "
                                   "its number would pass by",
                                   place.port.number, place.container)};
  }
  if ((*place.node)["hostPort"].as_int() != 0) {
    return PortRefusal{Injected::HostPort,
                       fmt::format("port {} is a port of the node, too ({}), which would pass by",
                                   name, (*place.node)["hostPort"].as_int())};
  }
  const auto all = all_ports(pod);
  const auto same = std::ranges::count_if(
      all, [&](const Node* each) { return (*each)["name"].as_string() == name; });
  if (same > 1) {
    return PortRefusal{Injected::NamedTwice,
                       fmt::format("another port is named {}, and would get its traffic", name)};
  }
  return std::nullopt;
}

/// By a container that says so.
std::optional<PortRefusal> port_taken(const Node& pod, bool redirect) {
  for (const Node* each : all_ports(pod)) {
    const std::int64_t number = (*each)["containerPort"].as_int();
    if (number == kSidecarPort || number == kSidecarAdminPort ||
        (redirect && number == kSidecarProbePort)) {
      return PortRefusal{Injected::PortTaken,
                         fmt::format("port {} is the sidecar's, and a container has it", number)};
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_named(const Node& list, std::string_view name) {
  return std::ranges::any_of(list.items(),
                             [&](const Node& each) { return each["name"].as_string() == name; });
}

std::variant<CapturedPort, PortRefusal> find_port(const Node& pod,
                                                  const api::SidecarInjection& injection) {
  if (has_mesh(pod)) {
    return PortRefusal{Injected::PortTaken, "the ports 15001 and 15020 are istio-proxy's"};
  }
  const bool redirect = injection.capture == api::SidecarCapture::Redirect;
  if (auto refusal = port_taken(pod, redirect)) return *refusal;
  const std::vector<Place> all = ports_of(pod, injection.container);
  auto found = injection.port.empty() ? usual(all) : wanted(all, injection.port);
  if (auto* const refusal = std::get_if<PortRefusal>(&found)) return *refusal;
  Place& place = std::get<Place>(found);
  if (!is_tcp(*place.node)) {
    return PortRefusal{Injected::NotTcp, fmt::format("port {} is {}", place.port.number,
                                                     (*place.node)["protocol"].as_string())};
  }
  if (injection.capture == api::SidecarCapture::None) {
    place.port.name.clear();
    return place.port;
  }
  if (!redirect) {
    if (const auto refusal = passes_by(pod, place)) return *refusal;
  }
  const bool by_pod = pod["metadata"]["labels"].has(kInjectLabel);
  if (!by_pod && injection.port.empty() && !is_http(place.port.name)) {
    return PortRefusal{Injected::NotHttp,
                       fmt::format("port {} does not say HTTP: name it http, or label the pod {}: "
                                   "enabled, or say it in spec.injection.port of the profile",
                                   words({place}), kInjectLabel)};
  }
  if (redirect) place.port.name.clear();  // it stays where it is
  return place.port;
}

std::string name_of_captured(const Node& pod, const std::string& name) {
  const auto all = all_ports(pod);
  for (const char* suffix : {"-app", "-app2", "-app3", "-app4"}) {
    std::string out = name.substr(0, kPortNameMax - std::string_view(suffix).size());
    while (out.ends_with('-')) out.pop_back();
    out += suffix;
    const bool taken = std::ranges::any_of(
        all, [&](const Node* each) { return (*each)["name"].as_string() == out; });
    if (!taken) return out;
  }
  return {};
}

}  // namespace op
