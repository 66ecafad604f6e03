// `kubectl muster enable|disable NAMESPACE`: the rights by which drills run there, and the label by
// which the namespace agrees to be broken. Both are applied as one field manager, so that taking
// back takes what was given and not what others set.
#include <utility>

#include <fmt/format.h>

#include "api/field_text.h"
#include "cli/cluster_link.h"
#include "cli/commands.h"
#include "cli/drill_namespace.h"
#include "cluster/objects.h"

namespace cli {
namespace {

using api::Node;

constexpr const char* kFieldManager = "muster";

kube::WriteOptions as_manager(bool force) {
  kube::WriteOptions out;
  out.field_manager = kFieldManager;
  out.force = force;
  return out;
}

kube::Key key_of(const Node& object) {
  return {object["metadata"]["namespace"].as_string(), object["metadata"]["name"].as_string()};
}

std::string label_text() {
  return fmt::format("{}={}", cluster::kOptInLabel, cluster::kOptInValue);
}

base::Error not_applied(const base::Error& error, const std::string& what) {
  base::Error out = error.with("apply " + what);
  const bool conflict = error.code == base::Code::FailedPrecondition;
  if (conflict) out.message += "; --force-conflicts takes these fields over";
  return out;
}

/// An apply would make a namespace that is not there.
aio::Task<base::Result<Node>> label(ClusterLink& link, Node seen, bool agrees, bool force) {
  const std::string name = seen["metadata"]["name"].as_string();
  Node wanted = labelled_namespace(name, agrees);
  wanted.find("metadata")->set("uid", seen["metadata"]["uid"]);
  co_return co_await link.patch(cluster::kNamespaces, {"", name}, kube::PatchType::Apply, wanted,
                                as_manager(force));
}

aio::Task<base::Result<>> enable(ClusterLink& link, const ClusterNamespace& command,
                                 std::vector<Node> manifest, Console& console) {
  CO_TRY(const Node seen, co_await link.get(cluster::kNamespaces, {"", command.ns}));
  for (const Node& object : manifest) {
    const auto done =
        co_await link.patch(resource_of(object), key_of(object), kube::PatchType::Apply, object,
                            as_manager(command.force_conflicts));
    if (!done) co_return tl::unexpected(not_applied(done.error(), name_of(object)));
    console.data(name_of(object) + " serverside-applied\n");
  }
  if (command.rights_only) {
    console.note(fmt::format(
        "drills may run in namespace {0}; nothing is broken there before somebody agrees: "
        "kubectl label namespace {0} {1}\n",
        command.ns, label_text()));
    co_return base::Result<>{};
  }
  const auto labelled = co_await label(link, seen, true, command.force_conflicts);
  if (!labelled) {
    co_return tl::unexpected(not_applied(labelled.error(), "namespace/" + command.ns));
  }
  console.data(fmt::format("namespace/{} labelled {}\n", command.ns, label_text()));
  co_return base::Result<>{};
}

/// Drills that need the rights; of a cluster without the kinds there are none.
aio::Task<base::Result<>> check_no_drill(ClusterLink& link, std::string ns) {
  const auto listed = co_await link.list(cluster::kDrills, ns);
  if (!listed && listed.error().code == base::Code::NotFound) co_return base::Result<>{};
  if (!listed) co_return tl::unexpected(listed.error());
  std::vector<cluster::DrillObject> drills;
  for (const Node& object : *listed) {
    CO_TRY(auto drill, cluster::parse_drill(api::to_json(object)));
    drills.push_back(std::move(drill));
  }
  if (const std::string needed = still_needed_by(drills); !needed.empty()) {
    co_return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("namespace {} has drills under way, and without rights nothing "
                    "can be undone: {}. Abort them, or wait for their end",
                    ns, needed));
  }
  co_return base::Result<>{};
}

struct Found {
  kube::Resource resource;
  Node object;
};

/// What is there of the manifest; one that a Helm release has made is not ours to take.
aio::Task<base::Result<std::vector<Found>>> find_all(ClusterLink& link,
                                                     std::vector<Node> manifest) {
  std::vector<Found> out;
  for (const Node& object : manifest) {
    const kube::Resource resource = resource_of(object);
    auto there = co_await link.get(resource, key_of(object));
    if (!there && there.error().code == base::Code::NotFound) continue;
    if (!there) co_return tl::unexpected(there.error());
    if (const std::string release = release_of(*there); !release.empty()) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("{} belongs to the Helm release {}: take namespace {} out of its "
                      "drillNamespaces instead",
                      name_of(*there), release, key_of(object).space));
    }
    out.push_back({resource, std::move(*there)});
  }
  co_return out;
}

aio::Task<base::Result<>> disable(ClusterLink& link, const ClusterNamespace& command,
                                  std::vector<Node> manifest, Console& console) {
  CO_TRY(const Node seen, co_await link.get(cluster::kNamespaces, {"", command.ns}));
  CO_TRY(co_await check_no_drill(link, command.ns));
  CO_TRY(std::vector<Found> found, co_await find_all(link, std::move(manifest)));
  // First what lets a drill begin.
  CO_TRY(const Node after, co_await label(link, seen, false, false));
  if (const Node* left = after["metadata"]["labels"].find(cluster::kOptInLabel)) {
    console.note(fmt::format("label {}={} of namespace {} stays: it was set by somebody else\n",
                             cluster::kOptInLabel, left->as_string(), command.ns));
  } else if (seen["metadata"]["labels"].has(cluster::kOptInLabel)) {
    console.data(fmt::format("namespace/{} unlabelled {}\n", command.ns, cluster::kOptInLabel));
  }
  for (auto one = found.rbegin(); one != found.rend(); ++one) {
    CO_TRY(co_await link.remove(one->resource, key_of(one->object),
                                one->object["metadata"]["uid"].as_string()));
    console.data(name_of(one->object) + " deleted\n");
  }
  if (found.empty())
    console.note(fmt::format("namespace {} had no rights of drills\n", command.ns));
  co_return base::Result<>{};
}

std::string manifest_text(const ClusterNamespace& command, const std::vector<Node>& manifest) {
  std::string out;
  for (const Node& object : manifest) out += (out.empty() ? "" : "---\n") + api::to_yaml(object);
  if (!command.rights_only) out += "---\n" + api::to_yaml(labelled_namespace(command.ns, true));
  return out;
}

}  // namespace

Exit run(const ClusterNamespace& command, const Global& global, Console& console) {
  const auto account = parse_account(command.operator_account);
  if (!account) return failed(console, account.error());
  if (!api::is_label(command.ns)) {
    return failed(console, {base::Code::InvalidArgument,
                            fmt::format("NAMESPACE '{}': a-z, 0-9 and '-' are allowed, at most 63",
                                        command.ns)});
  }
  std::vector<Node> manifest = drill_namespace(command.ns, *account);
  if (command.dry_run) {
    console.data(manifest_text(command, manifest));
    return Exit::Ok;
  }
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  const auto done =
      task.run(command.verb == "enable" ? enable(*link, command, std::move(manifest), console)
                                        : disable(*link, command, std::move(manifest), console));
  return done ? Exit::Ok : failed(console, done.error());
}

}  // namespace cli
