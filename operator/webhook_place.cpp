#include "operator/webhook_place.h"

#include <algorithm>
#include <utility>

#include "crypto/base64.h"

namespace op {
namespace {

using api::Node;

/// The member clientConfig of a webhook that leads there, as far as it is ours.
Node client_config(const Node& now, const WebhookPlace& place) {
  Node out = Node::map().set("caBundle", crypto::base64_encode(place.authorities));
  if (place.path.empty()) return out;
  if (!now.has("url")) return out.set("service", Node::map().set("path", place.path));
  const std::string& url = now["url"].as_string();
  const std::size_t host = url.find("://");
  const std::size_t path = host == std::string::npos ? host : url.find('/', host + 3);
  return out.set("url", url.substr(0, path) + place.path);
}

}  // namespace

bool leads_to(const Node& configuration, const WebhookPlace& place) {
  return std::ranges::all_of(configuration["webhooks"].items(), [&](const Node& webhook) {
    const Node& is = webhook["clientConfig"];
    const Node wanted = client_config(is, place);
    return is["caBundle"] == wanted["caBundle"] &&
           (!wanted.has("url") || is["url"] == wanted["url"]) &&
           (!wanted.has("service") || is["service"]["path"] == wanted["service"]["path"]);
  });
}

std::string patch_to(const Node& configuration, const WebhookPlace& place) {
  Node webhooks = Node::sequence();
  for (const Node& webhook : configuration["webhooks"].items()) {
    webhooks.push(Node::map()
                      .set("name", webhook["name"])
                      .set("clientConfig", client_config(webhook["clientConfig"], place)));
  }
  // Webhooks are told apart by their names.
  return api::to_json(
      Node::map()
          .set("metadata",
               Node::map().set("resourceVersion", configuration["metadata"]["resourceVersion"]))
          .set("webhooks", std::move(webhooks)));
}

}  // namespace op
