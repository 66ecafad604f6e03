#include "kube/access.h"

#include <utility>

#include <fmt/format.h>

#include "api/node.h"
#include "kube/taken.h"

namespace kube {
namespace {

const Resource kReviews{"authorization.k8s.io", "v1", "SelfSubjectAccessReview",
                        "selfsubjectaccessreviews", false};

}  // namespace

std::string to_string(const Access& access) {
  const Resource& resource = access.resource;
  std::string out = fmt::format("{} {}", access.verb, resource.plural);
  if (!resource.group.empty()) out += "." + resource.group;
  if (!access.subresource.empty()) out += "/" + access.subresource;
  if (!access.key.name.empty()) out += " " + access.key.name;
  if (resource.namespaced && !access.key.space.empty()) {
    out += " in namespace " + access.key.space;
  }
  return out;
}

std::string review_of(const Access& access) {
  api::Node attributes = api::Node::map();
  attributes.set("verb", access.verb)
      .set("group", access.resource.group)
      .set("version", access.resource.version)
      .set("resource", access.resource.plural);
  if (!access.subresource.empty()) attributes.set("subresource", access.subresource);
  if (access.resource.namespaced) attributes.set("namespace", access.key.space);
  if (!access.key.name.empty()) attributes.set("name", access.key.name);
  return api::to_json(
      api::Node::map()
          .set("apiVersion", kReviews.api_version())
          .set("kind", kReviews.kind)
          .set("spec", api::Node::map().set("resourceAttributes", std::move(attributes))));
}

aio::Task<base::Result<>> check_access(Client& client, Access access, std::stop_token stop) {
  const std::string what = "may I " + to_string(access);
  CO_TRY(const Reply reply,
         taken(co_await client.create(kReviews, "", review_of(access), {}, std::move(stop)), what));
  CO_TRY(const api::Node review, api::parse_json(reply.body));
  const api::Node& status = review["status"];
  if (status["allowed"].as_bool()) co_return base::Result<>{};
  std::string why = status["reason"].as_string();
  if (why.empty()) why = status["evaluationError"].as_string();
  co_return base::fail(
      base::Code::PermissionDenied,
      fmt::format("not allowed to {}{}{}", to_string(access), why.empty() ? "" : ": ", why));
}

}  // namespace kube
