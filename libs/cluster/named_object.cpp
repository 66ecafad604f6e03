#include "cluster/named_object.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "cluster/field_changes.h"
#include "kube/discovery.h"

namespace cluster {
namespace {

using api::Node;

constexpr base::Duration kAgainAfter = base::millis(100);

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

/// Why a kind is none for drills; empty: it is.
std::string refusal_of(const ObjectName& name) {
  constexpr std::array kGroups = {"rbac.authorization.k8s.io", "authorization.k8s.io",
                                  "authentication.k8s.io", "certificates.k8s.io", "muster.dev"};
  const std::string_view group = group_of(name.api_version);
  if (group.empty() && name.kind == "Secret") {
    return "the undo journal and the timeline would show what it holds";
  }
  if (group.empty() && name.kind == "ServiceAccount") {
    return "a drill changes no accounts and no rights";
  }
  if (std::find(kGroups.begin(), kGroups.end(), group) != kGroups.end()) {
    return group == "muster.dev" ? "a drill changes no drills"
                                 : "a drill changes no accounts and no rights";
  }
  return "";
}

bool in_plan(const api::KubernetesTargetSpec& spec, const ObjectName& name) {
  if (group_of(name.api_version).empty() && name.kind == "Service") {
    return std::any_of(spec.services.begin(), spec.services.end(),
                       [&](const auto& each) { return each.service == name.name; });
  }
  if (group_of(name.api_version) != "apps") return false;
  return std::any_of(spec.workloads.begin(), spec.workloads.end(), [&](const auto& each) {
    return each.kind == name.kind && each.name == name.name;
  });
}

/// The object if it is the one of the journal; null: it is gone, or another one has its name.
aio::Task<base::Result<Node>> same_object(ClusterTarget& target, kube::Resource resource,
                                          std::string name, std::string uid, std::stop_token stop) {
  auto now = co_await look_for(target, std::move(resource), std::move(name), std::move(stop));
  if (now && (*now)["metadata"]["uid"].as_string() != uid) co_return Node();
  co_return now;
}

}  // namespace

aio::Task<base::Result<Node>> look_for(ClusterTarget& target, kube::Resource resource,
                                       std::string name, std::stop_token stop) {
  auto now = co_await target.get(std::move(resource), std::move(name), std::move(stop));
  if (!now && now.error().code == base::Code::NotFound) co_return Node();
  co_return now;
}

std::string to_string(const ObjectName& name) {
  return name.kind + " " + name.name;
}

base::Result<> check_kind(const ObjectName& name, std::string_view field) {
  if (const auto path = kube::discovery_path(name.api_version); !path) {
    return tl::unexpected(path.error().with(field));
  }
  const std::string why = refusal_of(name);
  if (why.empty()) return {};
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("{}: kind '{}' of {} is not allowed: {}", field, name.kind,
                                name.api_version, why));
}

aio::Task<base::Result<kube::Resource>> resource_of(ClusterTarget& target, ObjectName name,
                                                    std::stop_token stop) {
  CO_TRY(kube::Resource resource,
         co_await kube::discover(target.client(), name.api_version, name.kind, std::move(stop)));
  if (resource.namespaced) co_return resource;
  co_return base::fail(base::Code::InvalidArgument,
                       fmt::format("kind '{}' of {} is not allowed: it has no namespace, and a "
                                   "drill stays in its own, {}",
                                   name.kind, name.api_version, target.ns()));
}

aio::Task<base::Result<>> check_agreed(ClusterTarget& target, ObjectName name, Node object,
                                       std::stop_token stop) {
  if (in_plan(target.spec(), name) || opted_in(labels_of(object))) co_return base::Result<>{};
  CO_TRY(const bool agreed, co_await target.namespace_agreed(std::move(stop)));
  if (agreed) co_return base::Result<>{};
  co_return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("{} did not agree to be drilled: label {}namespace {} with {}={}",
                  to_string(name), object.is_null() ? "" : "it, or ", target.ns(), kOptInLabel,
                  kOptInValue));
}

aio::Task<base::Result<Node>> prepare_change(ClusterTarget& target, Patch patch, Node now,
                                             std::stop_token stop) {
  patch.dry_run = true;
  CO_TRY(const Node then, co_await target.patch(std::move(patch), std::move(stop)));
  co_return Node::map()
      .set("uid", now["metadata"]["uid"].as_string())
      .set("fields", node_of(changes(now, then)));
}

std::size_t fields_of(const Node& journal) {
  return journal["fields"].size();
}

aio::Task<base::Result<std::string>> prove_change(ClusterTarget& target, kube::Resource resource,
                                                  std::string name, Node journal,
                                                  std::stop_token stop) {
  CO_TRY(const FieldChanges fields, changes_of(journal["fields"]));
  const std::string what = fmt::format("{} {}", resource.plural, name);
  if (fields.empty()) {
    co_return base::fail(base::Code::FailedPrecondition,
                         what + ": every field had that value before");
  }
  CO_TRY(const Node now,
         co_await target.get(std::move(resource), std::move(name), std::move(stop)));
  const std::vector<std::string> left = as_before(now, fields);
  if (left.empty()) co_return fmt::format("{}: {} fields are changed", what, fields.size());
  co_return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("{}: is as it was before, or again: {}", what, fmt::join(left, ", ")));
}

aio::Task<base::Result<>> undo_change(aio::Clock& clock, ClusterTarget& target,
                                      kube::Resource resource, std::string name, Node journal,
                                      std::stop_token stop) {
  CO_TRY(const FieldChanges fields, changes_of(journal["fields"]));
  while (true) {
    CO_TRY(const Node now,
           co_await same_object(target, resource, name, journal["uid"].as_string(), stop));
    if (now.is_null()) co_return base::Result<>{};
    Node body = merge_patch(now, undone(now, fields));
    if (body.size() == 0) co_return base::Result<>{};
    // A list is put back whole, so nobody may have written between the look and this.
    Node meta = body["metadata"].is_map() ? body["metadata"] : Node::map();
    body.set("metadata",
             std::move(meta.set("resourceVersion", now["metadata"]["resourceVersion"])));
    const auto done =
        co_await target.patch({.resource = resource, .name = name, .body = std::move(body)}, stop);
    if (done) co_return base::Result<>{};
    if (done.error().code != base::Code::FailedPrecondition) {
      co_return tl::unexpected(done.error());
    }
    if (!co_await aio::wait_for(clock, kAgainAfter, stop)) {
      co_return base::fail(base::Code::Cancelled, done.error().message);
    }
  }
}

}  // namespace cluster
