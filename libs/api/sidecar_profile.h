// A SidecarProfile: the settings of the sidecars of some pods, as an object of the cluster. Its
// spec is the file of `muster-sidecar --config`, field by field (a test of the sidecar holds the
// table and the program's flags together), and `injection`, which is for who puts the sidecar into
// a pod and nothing to the sidecar itself.
//
// What is delivered to pods is a ConfigMap made of it. Defaults are not written into the stored
// object: the program that reads the file has them, so that a profile that says nothing of a field
// follows the program's version.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/node.h"

namespace api {

inline constexpr const char* kSidecarProfile = "SidecarProfile";
/// The profile of a namespace's pods that name none.
inline constexpr const char* kDefaultSidecarProfile = "default";
/// The key of the ConfigMap.
inline constexpr const char* kSidecarProfileKey = "profile.yaml";
/// The ConfigMap of a profile, in its namespace; the Secret beside it has the same name.
std::string sidecar_config_map(std::string_view profile);

// What pods that have or want a sidecar say.
inline constexpr const char* kSidecarInjectLabel = "sidecar.muster.dev/inject";
inline constexpr const char* kSidecarsLabel = "muster.dev/sidecars";  // of a namespace
inline constexpr const char* kSidecarProfileAnnotation = "sidecar.muster.dev/profile";
inline constexpr const char* kSidecarStatusAnnotation = "sidecar.muster.dev/status";
/// The container port where a sidecar's admin API is.
inline constexpr const char* kSidecarAdminName = "muster-admin";
/// The volume of an injected sidecar with the certificate of that, where it speaks TLS.
inline constexpr const char* kSidecarAdminTlsVolume = "muster-sidecar-admin-tls";
/// The profile that a pod names, or the one for pods that name none.
std::string sidecar_profile_of(const Node& pod);

/// How a pod's traffic gets to the sidecar.
enum class SidecarCapture : std::uint8_t {
  Port,      // the named container port becomes the sidecar's
  Redirect,  // the kernel leads what comes for the container port to it
  None       // not at all: it watches the pod, and passes on what is sent to its own port
};

/// Quantities as Kubernetes writes them; empty: none is set.
struct SidecarResources {
  std::string cpu_request, memory_request, cpu_limit, memory_limit;
  bool operator==(const SidecarResources&) const = default;
};

/// TLS at the admin port, with the tls.crt and tls.key of a Secret of the pod's namespace.
struct SidecarAdminTls {
  std::string secret;
  std::string client_ca_key;  // of the Secret: who vouches for clients; empty: nobody is asked
  bool operator==(const SidecarAdminTls&) const = default;
};

struct SidecarInjection {
  std::string port;       // a name, or a number in digits; empty: the only one, or "http"
  std::string container;  // empty: the first that has the port
  SidecarCapture capture = SidecarCapture::Port;
  SidecarResources resources;
  std::optional<SidecarAdminTls> admin_tls;  // nothing: the admin port is in the open
  bool operator==(const SidecarInjection&) const = default;
};

/// What the profile says of injection, with defaults. A null Node (there is no profile) gives the
/// defaults.
/// Errors: InvalidArgument with all problems of spec.injection.
base::Result<SidecarInjection> sidecar_injection(const Node& profile);

/// Whether the profile says itself whether limits are in force. Where it does not, they are once it
/// names trusted proxies: before that everybody behind an ingress is one client.
bool says_limits(const Node& profile);

/// Fields of the spec that are of requests, and so of no effect in mode tcp: one that says
/// something else than its default is refused there. `limits` is none of them: what is delivered
/// has it in every profile.
std::span<const std::string_view> fields_of_requests();

}  // namespace api
