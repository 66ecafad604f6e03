#include "operator/injection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "operator/injection_admin_tls.h"
#include "operator/injection_container.h"
#include "operator/injection_port.h"
#include "operator/injection_profile.h"
#include "operator/injection_redirect.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kMirror = "kubernetes.io/config.mirror";
constexpr const char* kOsLabel = "kubernetes.io/os";

/// Changes of an object, each on what those before it made.
class Patch {
 public:
  void put(const char* operation, const std::string& path, Node value) {
    steps_.push(Node::map().set("op", operation).set("path", path).set("value", std::move(value)));
  }
  /// The last of a list that may not be there.
  void append(const Node& parent, const std::string& path, const char* list,
              Node::Sequence values) {
    const std::string at = fmt::format("{}/{}", path, list);
    if (parent[list].items().empty()) return put("add", at, Node::sequence(std::move(values)));
    for (Node& each : values) put("add", at + "/-", std::move(each));
  }
  /// As it is already: no change.
  void annotate(const Node& pod, const std::string& key, const std::string& value) {
    const Node& all = pod["metadata"]["annotations"];
    if (all[key].as_string() == value) return;
    if (!all.is_map()) {
      return put("add", "/metadata/annotations", Node::map().set(key, value));
    }
    put("add", "/metadata/annotations/" + escaped(key), value);
  }
  std::optional<Node> take() {
    if (steps_.size() == 0) return std::nullopt;
    return std::move(steps_);
  }

 private:
  /// RFC 6901.
  static std::string escaped(const std::string& key) {
    std::string out;
    for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
  }

  Node steps_ = Node::sequence();
};

bool is_injected(const Node& pod) {
  const Node& status = pod["metadata"]["annotations"][kStatusAnnotation];
  return has_named(pod["spec"]["initContainers"], kSidecarContainer) &&
         status.as_string() == name(Injected::Yes);
}

std::string name_taken(const Node& spec) {
  for (const char* group : {"containers", "initContainers"}) {
    for (const char* ours : {kSidecarContainer, kRedirectContainer}) {
      if (has_named(spec[group], ours)) return fmt::format("a container is named {}", ours);
    }
  }
  for (const char* ours : {kSidecarVolume, api::kSidecarAdminTlsVolume}) {
    if (has_named(spec["volumes"], ours)) return fmt::format("a volume is named {}", ours);
  }
  return {};
}

/// What no port can change.
std::optional<PortRefusal> unfit(const Node& spec) {
  if (spec["hostNetwork"].as_bool()) {
    return PortRefusal{Injected::HostNetwork, "the pod has the node's network"};
  }
  const std::string windows = "windows";
  if (spec["os"]["name"].as_string() == windows ||
      spec["nodeSelector"][kOsLabel].as_string() == windows) {
    return PortRefusal{Injected::Windows, "there is no sidecar for Windows"};
  }
  std::string taken = name_taken(spec);
  if (!taken.empty()) return PortRefusal{Injected::NameTaken, std::move(taken)};
  return std::nullopt;
}

/// Whatever asks the application over a port by name, in its own container.
void keep_asking(Patch& patch, const Node& container, const std::string& path,
                 const CapturedPort& port) {
  const auto look = [&](const Node& parent, const std::string& at, const char* what) {
    for (const char* action : {"httpGet", "tcpSocket"}) {
      if (parent[what][action]["port"].as_string() != port.name) continue;
      patch.put("replace", fmt::format("{}/{}/{}/port", at, what, action), port.number);
    }
  };
  for (const char* one : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    look(container, path, one);
  }
  for (const char* one : {"postStart", "preStop"}) {
    look(container["lifecycle"], path + "/lifecycle", one);
  }
}

/// The port's name goes to the sidecar. False: there is no other name left for it.
bool swap_port(Patch& patch, const Node& pod, const CapturedPort& port) {
  const std::string renamed = name_of_captured(pod, port.name);
  if (renamed.empty()) return false;
  const Node& container = pod["spec"]["containers"].items()[port.container];
  const std::string path = fmt::format("/spec/containers/{}", port.container);
  patch.put("replace", fmt::format("{}/ports/{}/name", path, port.index), renamed);
  keep_asking(patch, container, path, port);
  return true;
}

Injection put_in(const Node& pod, const api::SidecarInjection& injection,
                 const SidecarSettings& settings) {
  const auto found = find_port(pod, injection);
  if (const auto* const refusal = std::get_if<PortRefusal>(&found)) {
    return refuse(pod, refusal->result, refusal->why);
  }
  const auto& port = std::get<CapturedPort>(found);
  const Node& spec = pod["spec"];
  Patch patch;
  if (!port.name.empty() && !swap_port(patch, pod, port)) {
    return refuse(pod, Injected::NameTaken, fmt::format("no name is left for port {}", port.name));
  }
  Node::Sequence ours;
  if (injection.capture == api::SidecarCapture::Redirect) {
    for (const std::string& path : askers_of(pod, port.number)) {
      patch.put("replace", path, kSidecarProbePort);
    }
    ours.push_back(redirect_container(port, injection, settings));
  }
  // Where it sees the containers' processes it does not see their cgroups, which have the limits.
  const bool sees = spec["shareProcessNamespace"].as_bool();
  ours.push_back(
      sidecar_container(port, injection, settings, sees ? limits_together(spec) : PodLimits{}));
  patch.append(spec, "/spec", "initContainers", std::move(ours));
  Node::Sequence volumes{sidecar_volume(api::sidecar_profile_of(pod))};
  if (injection.admin_tls) volumes.push_back(admin_tls_volume(*injection.admin_tls));
  patch.append(spec, "/spec", "volumes", std::move(volumes));
  patch.annotate(pod, kStatusAnnotation, name(Injected::Yes));
  return {Injected::Yes, {}, patch.take(), {}};
}

}  // namespace

const char* name(Injected injected) {
  constexpr std::array kNames = {"Injected",    "NotAsked",    "AlreadyInjected", "MirrorPod",
                                 "BadLabel",    "BadProfile",  "BadCapture",      "BadAdminTls",
                                 "PodSecurity", "HostNetwork", "Windows",         "NameTaken",
                                 "PortTaken",   "NoPort",      "SeveralPorts",    "UnnamedPort",
                                 "NamedTwice",  "HostPort",    "NotTcp",          "NotHttp"};
  return kNames[static_cast<std::size_t>(injected)];
}

Injected asked(const Node& pod, const Node& namespace_labels) {
  const Node& meta = pod["metadata"];
  const Node* const label = meta["labels"].find(kInjectLabel);
  const bool opted_in = namespace_labels[kSidecarsLabel].as_string() == "enabled";
  const std::string said = label ? label->as_string() : std::string();
  if (said == "disabled" || (!label && !opted_in)) return Injected::NotAsked;
  if (meta["annotations"].has(kMirror)) return Injected::MirrorPod;
  if (is_injected(pod)) return Injected::Already;
  return !label || said == "enabled" ? Injected::Yes : Injected::BadLabel;
}

bool wants_redirect(const Node& pod, const Node& profile) {
  const auto injection = api::sidecar_injection(profile);
  return injection && capture_of(pod, injection->capture) == api::SidecarCapture::Redirect;
}

Injection refuse(const Node& pod, Injected result, std::string why) {
  Patch patch;
  patch.annotate(pod, kStatusAnnotation, fmt::format("Refused: {}: {}", name(result), why));
  Injection out{result, std::move(why), patch.take(), {}};
  out.warnings.push_back(fmt::format("no sidecar was injected ({}): {}", name(result), out.why));
  return out;
}

Injection inject(const Node& pod, const Node& namespace_labels, const Node& profile,
                 const SidecarSettings& settings) {
  const Injected who = asked(pod, namespace_labels);
  if (who == Injected::BadLabel) {
    return refuse(pod, who,
                  fmt::format("the label {}: '{}' is not allowed: enabled or disabled is",
                              kInjectLabel, pod["metadata"]["labels"][kInjectLabel].as_string()));
  }
  if (who != Injected::Yes) return {who, {}, std::nullopt, {}};
  if (auto refusal = unfit(pod["spec"])) {
    return refuse(pod, refusal->result, std::move(refusal->why));
  }
  if (const auto named = check_profile_name(api::sidecar_profile_of(pod)); !named) {
    return refuse(pod, Injected::BadProfile, named.error().message);
  }
  auto injection = injection_of(profile, settings.resources);
  if (!injection) return refuse(pod, Injected::BadProfile, injection.error().message);
  const auto capture = capture_of(pod, injection->capture);
  if (!capture) {
    return refuse(pod, Injected::BadCapture,
                  fmt::format("the annotation {}: '{}' is not allowed: port or redirect is",
                              kCaptureAnnotation,
                              pod["metadata"]["annotations"][kCaptureAnnotation].as_string()));
  }
  injection->capture = *capture;
  auto admin_tls = admin_tls_of(pod, injection->admin_tls);
  if (!admin_tls) return refuse(pod, Injected::BadAdminTls, admin_tls.error().message);
  injection->admin_tls = *std::move(admin_tls);
  if (*capture == api::SidecarCapture::Redirect) {
    std::string why = refuses_net_admin(namespace_labels);
    if (!why.empty()) return refuse(pod, Injected::PodSecurity, std::move(why));
  }
  return put_in(pod, *injection, settings);
}

}  // namespace op
