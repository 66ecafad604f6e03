// How a sidecar gets into a pod, as the change that an admission webhook answers. Pure.
//
// Who agreed is the pod's label sidecar.muster.dev/inject (enabled or disabled), and where it says
// nothing the label muster.dev/sidecars=enabled of its namespace. The sidecar is a native one: an
// init container, the last, that is restarted always. Traffic gets to it by name: the container
// port of the application is renamed, the sidecar has a port of the old name, and Services that
// target the port by that name follow by themselves. Probes that named it get its number, so that
// they go on asking the application. Nothing else of the application's containers is touched. Who
// asks for a redirect instead (injection_redirect.h) needs no name.
//
// A namespace asks for pods that nobody has looked at one by one: there a port is taken only if its
// name says HTTP. Where that would leave traffic that passes by, or break something, nothing is
// changed, and the pod and whoever made it are told why: a pod is never refused for its sidecar.
// What was injected is left alone, so that it can be asked any number of times
// (reinvocationPolicy).
//
// helm/templates/sidecar_policy.yaml says the same in CEL, where the API server can do without a
// webhook; tests/integration/admission/injection_cases.py holds the two together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "api/sidecar_profile.h"

namespace op {

inline constexpr const char* kInjectLabel = api::kSidecarInjectLabel;
inline constexpr const char* kSidecarsLabel = api::kSidecarsLabel;
inline constexpr const char* kProfileAnnotation = api::kSidecarProfileAnnotation;
inline constexpr const char* kCaptureAnnotation = "sidecar.muster.dev/capture";
inline constexpr const char* kStatusAnnotation = api::kSidecarStatusAnnotation;
inline constexpr const char* kSidecarContainer = "muster-sidecar";
inline constexpr const char* kRedirectContainer = "muster-redirect";
inline constexpr const char* kSidecarVolume = "muster-sidecar-profile";
inline constexpr std::int64_t kSidecarPort = 15001, kSidecarAdminPort = 15020;
inline constexpr std::int64_t kSidecarProbePort = 15002;  // of the application, with a redirect

/// What became of a pod. Its name is in the annotation.
enum class Injected : std::uint8_t {
  Yes,
  NotAsked,     // nobody agreed, or the pod says disabled
  Already,      // it has our sidecar
  MirrorPod,    // the node runs it whatever we say
  BadLabel,     // neither enabled nor disabled
  BadProfile,   // its injection cannot be used, or nobody knows what it says
  BadCapture,   // the annotation is neither port nor redirect
  BadAdminTls,  // the annotation names no Secret
  PodSecurity,  // the namespace refuses pods with what a redirect needs, or nobody knows
  HostNetwork,  // the node's ports
  Windows,
  NameTaken,     // a container or a volume is named as ours would be
  PortTaken,     // 15001 or 15020, or 15002 with a redirect
  NoPort,        // no container has such a port
  SeveralPorts,  // and nothing says which
  UnnamedPort,   // Services can only target its number, and would pass by
  NamedTwice,    // another container would get the traffic
  HostPort,      // the node's traffic would pass by
  NotTcp,
  NotHttp,  // by its name, and the pod itself did not ask
};
const char* name(Injected injected);

struct SidecarSettings {
  std::string image;
  std::string pull_policy = "IfNotPresent";
  api::SidecarResources resources{};  // where a profile says nothing
  std::string
      pod_figures{};  // where the kubelet's are asked for, "http://HOST:8081"; empty: nowhere
};

struct Injection {
  Injected result = Injected::NotAsked;
  std::string why;                 // of a refusal, for people
  std::optional<api::Node> patch;  // RFC 6902; nothing: nothing is to change
  std::vector<std::string> warnings;
};

/// Whether anybody agreed. `namespace_labels`: a map; null: none.
Injected asked(const api::Node& pod, const api::Node& namespace_labels);
/// Whether a redirect is asked for, so that inject() needs the labels of the pod's namespace.
bool wants_redirect(const api::Node& pod, const api::Node& profile);

/// `profile`: a SidecarProfile; null: there is none, defaults are used.
Injection inject(const api::Node& pod, const api::Node& namespace_labels, const api::Node& profile,
                 const SidecarSettings& settings);
/// That nothing is injected, and why: an annotation and a warning.
Injection refuse(const api::Node& pod, Injected result, std::string why);

}  // namespace op
