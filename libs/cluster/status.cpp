#include "cluster/status.h"

#include <algorithm>

#include "kube/taken.h"

namespace cluster {

using api::Node;

std::string time_text(base::WallTime time) {
  const std::string text = base::rfc3339(time);
  return text.substr(0, text.find('.')) + "Z";
}

const Node* condition_of(const Node& conditions, std::string_view type) {
  for (const Node& one : conditions.items()) {
    if (one["type"].as_string() == type) return &one;
  }
  return nullptr;
}

Node with_condition(Node conditions, const std::string& type, const std::string& status,
                    const std::string& reason, const std::string& message, const std::string& now,
                    std::int64_t generation) {
  Node one = Node::map()
                 .set("type", type)
                 .set("status", status)
                 .set("reason", reason)
                 .set("message", message)
                 .set("lastTransitionTime", now)
                 .set("observedGeneration", generation);
  if (!conditions.is_sequence()) conditions = Node::sequence();
  for (Node& old : conditions.items()) {
    if (old["type"].as_string() != type) continue;
    if (old["status"].as_string() == status) {
      one.set("lastTransitionTime", old["lastTransitionTime"]);
    }
    old = std::move(one);
    return conditions;
  }
  conditions.push(std::move(one));
  return conditions;
}

bool says(const Node& status, const Node& members) {
  return std::all_of(members.entries().begin(), members.entries().end(),
                     [&](const api::Entry& entry) {
                       const Node& now = status[entry.key];
                       const bool none = entry.value.is_sequence() && entry.value.items().empty();
                       return now == entry.value || (none && now.is_null());
                     });
}

ObjectVersion version_of(const Node& object) {
  const Node& meta = object["metadata"];
  return {{meta["namespace"].as_string(), meta["name"].as_string()},
          meta["uid"].as_string(),
          meta["resourceVersion"].as_string()};
}

aio::Task<base::Result<>> write_status(kube::Client& client, kube::Resource resource,
                                       ObjectVersion of, Node members, std::stop_token stop) {
  const Node patch =
      Node::map()
          .set("metadata", Node::map().set("uid", of.uid).set("resourceVersion", of.version))
          .set("status", std::move(members));
  const std::string what = "write the status of " + resource.plural + " " + kube::to_string(of.key);
  auto reply =
      co_await client.patch(std::move(resource), std::move(of.key), kube::PatchType::Merge,
                            api::to_json(patch), {.subresource = "status"}, std::move(stop));
  CO_TRY(kube::taken(std::move(reply), what));
  co_return base::Result<>{};
}

}  // namespace cluster
