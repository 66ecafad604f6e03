// What the pods of a namespace say of their sidecars, and what of that belongs into the status of a
// profile: a pod that asks for a sidecar and was left as it is, because it does not fit or what was
// asked for cannot be used, says why in an annotation, which the webhook writes as the chart's
// policy does (injection.h). The policy asks nobody, so that pods are where both can be read.
//
// A pod is told by who made it: pods come and go, and what is said of them would change with each.
// What is said is the same for as long as the cause is, in whatever order pods are seen, and is
// bounded however many there are. Pure.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "api/node.h"
#include "operator/profile_delivery.h"

namespace op {

/// What the pods of one workload say.
struct SidecarPod {
  std::string profile;   // that they name, or the default one
  std::string reason;    // "NoPort"; empty: they have a sidecar
  std::string workload;  // "Deployment web"; "Pod web" where nobody made it
  std::string why{};     // for people; empty: nothing but the reason is known
  auto operator<=>(const SidecarPod&) const = default;
};

/// Nothing: it has ended or is about to, or says nothing that a profile would be told.
std::optional<SidecarPod> sidecar_pod(const api::Node& pod);

/// Those of a namespace. Of more than `kMost` different ones the rest is left out.
class SidecarPods {
 public:
  static constexpr std::size_t kMost = 1000;
  void add(SidecarPod pod);
  const std::set<SidecarPod>& all() const { return all_; }

 private:
  std::set<SidecarPod> all_;
};

/// What somebody who has no sidecar can do about it: what is allowed. Empty: it is in what the
/// reason says already.
std::string_view remedy(std::string_view reason);

/// The condition Injected of a profile, where it does not hold: pods of the profile were refused,
/// or, of the default profile, pods name one that is not there, which nobody else could tell.
/// `is_there`: whether the namespace has a profile of that name.
/// Units: the message has at most kInjectedBytesMax bytes.
inline constexpr std::size_t kInjectedBytesMax = 2000;
std::optional<Found> refused_of(const std::string& profile, const SidecarPods& pods,
                                const std::function<bool(const std::string& profile)>& is_there);

}  // namespace op
