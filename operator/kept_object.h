// The Secret and the ConfigMap that the operator keeps for a server of its own, as what belongs to
// its Deployment: they go when the release goes, also without hooks, and say which release's they
// are. Pure.
#pragma once

#include <string>

#include "api/node.h"
#include "kube/key.h"
#include "kube/resource.h"
#include "operator/rotation.h"

namespace op {

/// An object of such a kind. `kind`: a Secret or a ConfigMap.
struct KeptObject {
  kube::Resource kind;
  kube::Key key;
  std::string component;  // a label
};

/// "secrets ops/muster-admission": for messages.
std::string to_string(const KeptObject& kept);

/// As a merge patch and as what is created. `deployment`: its owner; `before`: what is there, null:
/// nothing; of that version alone.
api::Node body_of(const KeptObject& kept, const api::Node& deployment, const api::Node& before,
                  api::Node data);

/// The release whose label another object has. Empty: the same, or none.
std::string other_release(const api::Node& object, const api::Node& deployment);

/// What is told of the keys: the authorities that clients have to trust, and no key.
api::Node published_of(const AdmissionKeys& keys);
/// Whether a ConfigMap tells that. `config_map`: null does not.
bool publishes(const api::Node& config_map, const AdmissionKeys& keys);

}  // namespace op
