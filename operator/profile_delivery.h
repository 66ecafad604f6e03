// What is to be delivered of a SidecarProfile, as a value: the ConfigMap that its pods mount, and
// what its status says. The ConfigMap is the profile's own and goes with it; another one of that
// name is left alone. A profile that cannot be used changes nothing: pods go on with what was
// delivered last.
//
// What is delivered is the spec without `injection`, and always says whether limits are in force: a
// profile that does not gets them dry until it names trusted proxies, because before that everybody
// behind an ingress is one client. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "base/time.h"
#include "kube/resource.h"

namespace op {

inline const kube::Resource kSidecarProfiles{"muster.dev", "v1alpha1", "SidecarProfile",
                                             "sidecarprofiles", true};
/// On the ConfigMap: the profile's name.
inline constexpr const char* kProfileLabel = "sidecar.muster.dev/profile";

/// The ConfigMap of the profile's name, as it was found.
struct SeenConfigMap {
  enum class How : std::uint8_t { None, There, NotAllowed };
  How how = How::None;
  api::Node object{};     // where it is there
  std::string message{};  // where it is not allowed to look: what the server says
};

/// A condition but for its times.
struct Found {
  bool holds = false;
  std::string reason, message;
  bool operator==(const Found&) const = default;
};

struct ProfileDecision {
  enum class Do : std::uint8_t {
    Nothing,
    Create,  // `body` is the ConfigMap
    Correct  // `body` is a merge patch, for the version that was seen
  };
  Do what = Do::Nothing;
  std::string config_map;  // its name
  api::Node body{};
  Found valid, delivered;  // once that was done
  /// Of `injection`, where the profile has it and nobody reads it.
  std::optional<Found> injection_read{};
  /// Of pods that ask for a sidecar, where some are not as they ask (sidecar_pods.h).
  std::optional<Found> injected{};
  /// Whether anybody could look at pods; else what is said of them stays.
  bool pods_known = false;
};

/// The text under api::kSidecarProfileKey.
std::string delivered_text(const api::Node& profile);

/// `webhook_injects`: it is the operator's webhook that puts sidecars into pods. The chart's
/// policy, to which an upgrade of the cluster may lead, does not read `injection` of profiles.
ProfileDecision decide_profile(const api::Node& profile, const SeenConfigMap& seen,
                               bool webhook_injects = true);
/// The server did not take it. `denied`: for want of a right.
ProfileDecision not_delivered(ProfileDecision decision, bool denied, const std::string& message);

/// Members of the status, which may be what it says already.
api::Node profile_status(const api::Node& profile, const ProfileDecision& decision,
                         base::WallTime now);

struct Told {
  std::string type;  // "Normal", "Warning"
  std::string reason, note;
  bool operator==(const Told&) const = default;
};
/// What people are told in Events: what the status does not say yet, and each delivery.
std::vector<Told> events_of(const api::Node& profile, const ProfileDecision& decision);

}  // namespace op
