#include "operator/kept_object.h"

#include <utility>

#include <fmt/format.h>

namespace op {
namespace {

using api::Node;

constexpr const char* kInstance = "app.kubernetes.io/instance";
constexpr const char* kAuthorities = "ca.crt";

Node metadata_of(const KeptObject& kept, const Node& deployment) {
  Node labels = Node::map();
  for (const char* one : {"app.kubernetes.io/name", kInstance}) {
    const Node& value = deployment["metadata"]["labels"][one];
    if (value.is_string()) labels.set(one, value);
  }
  labels.set("app.kubernetes.io/component", kept.component);
  const Node owned_by = Node::map()
                            .set("apiVersion", "apps/v1")
                            .set("kind", "Deployment")
                            .set("name", deployment["metadata"]["name"])
                            .set("uid", deployment["metadata"]["uid"]);
  return Node::map()
      .set("name", kept.key.name)
      .set("labels", std::move(labels))
      .set("ownerReferences", Node::sequence({owned_by}));
}

}  // namespace

std::string to_string(const KeptObject& kept) {
  return fmt::format("{} {}", kept.kind.plural, kube::to_string(kept.key));
}

Node body_of(const KeptObject& kept, const Node& deployment, const Node& before, Node data) {
  Node metadata = metadata_of(kept, deployment);
  if (before.is_map()) metadata.set("resourceVersion", before["metadata"]["resourceVersion"]);
  return Node::map()
      .set("apiVersion", kept.kind.api_version())
      .set("kind", kept.kind.kind)
      .set("metadata", std::move(metadata))
      .set("data", std::move(data));
}

std::string other_release(const Node& object, const Node& deployment) {
  const std::string& theirs = object["metadata"]["labels"][kInstance].as_string();
  const bool is_ours = theirs == deployment["metadata"]["labels"][kInstance].as_string();
  return is_ours ? "" : theirs;
}

Node published_of(const AdmissionKeys& keys) {
  return Node::map().set(kAuthorities, keys.authorities);
}

bool publishes(const Node& config_map, const AdmissionKeys& keys) {
  const Node& told = config_map["data"][kAuthorities];
  return told.is_string() && told.as_string() == keys.authorities;
}

}  // namespace op
