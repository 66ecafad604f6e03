#include "cluster/step_manifest.h"

#include <utility>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/named_object.h"
#include "cluster/rights.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  using namespace targets::fields;
  return kind(
      "manifest", api::Use::Fault | api::Use::Step,
      "Applies a manifest in the drill's namespace; the undo deletes what was not there "
      "before, and puts back the changed fields of what was.",
      {field("object", api::FieldType::Anything, Need::Required,
             "the manifest, with apiVersion, kind and metadata.name; no Secret, and no kind "
             "of accounts, rights or drills"),
       choice("undoWhen", {"IfNotPromoted", "Always"}, "Always",
              "whether the undo is right after another instance took over, too")});
}

ObjectName named(const Node& params) {
  const Node& object = params["object"];
  return {object["apiVersion"].as_string(), object["kind"].as_string(),
          object["metadata"]["name"].as_string()};
}

base::Result<> wrong(std::string_view field, std::string_view value, std::string_view allowed) {
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("manifest.object.{}: '{}' is not allowed: {} is", field, value, allowed));
}

base::Result<> check_namespace(const Node& params, const std::string& ns) {
  const std::string& given = params["object"]["metadata"]["namespace"].as_string();
  if (given.empty() || given == ns) return {};
  return wrong("metadata.namespace", given, fmt::format("that of the drill, {},", ns));
}

/// Of exactly the object that was looked at.
Patch apply_patch(const Node& params, kube::Resource resource, const Node& uid) {
  Patch out;
  out.resource = std::move(resource);
  out.name = named(params).name;
  out.type = kube::PatchType::Apply;
  out.body = params["object"];
  Node meta = out.body["metadata"];
  out.body.set("metadata", std::move(meta.set("uid", uid)));
  return out;
}

class ManifestStep final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node& params) const override {
    return params["undoWhen"].as_string() == "IfNotPromoted" ? drill::Undo::IfNotPromoted
                                                             : drill::Undo::Always;
  }
  std::vector<std::string> touches(const Node& params) const override {
    return {named(params).name};
  }

  base::Result<> check(const Node& params) const override {
    const ObjectName name = named(params);
    if (name.kind.empty()) return wrong("kind", "", "the name of a kind");
    if (name.name.empty()) return wrong("metadata.name", "", "the name of the object");
    return check_kind(name, "manifest.object.kind");
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(check(params));
    CO_TRY(check_namespace(params, target.ns()));
    const ObjectName name = named(params);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, name, stop));
    Right right{.resource = resource, .verbs = {"get"}, .name = name.name};
    CO_TRY(co_await check_rights(target, {right}, stop));
    CO_TRY(const Node now, co_await look_for(target, resource, name.name, stop));
    right.verbs = {"patch"};
    if (now.is_null()) right.verbs = {"create", "delete"};
    CO_TRY(co_await check_rights(target, {right}, stop));
    co_return co_await check_agreed(target, name, now, std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, named(params), stop));
    CO_TRY(const Node now, co_await look_for(target, resource, named(params).name, stop));
    if (now.is_null()) {
      CO_TRY(co_await target.make(resource, params["object"], true, std::move(stop)));
      co_return Node::map().set("made", true);
    }
    co_return co_await prepare_change(target, apply_patch(params, resource, now["metadata"]["uid"]),
                                      now, std::move(stop));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const ObjectName name = named(params);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, name, stop));
    if (undo["made"].as_bool()) {
      CO_TRY(co_await target.make(resource, params["object"], false, std::move(stop)));
      co_return to_string(name) + " was made";
    }
    CO_TRY(co_await target.patch(apply_patch(params, resource, undo["uid"]), std::move(stop)));
    co_return fmt::format("{}: {} fields changed", to_string(name), fields_of(undo));
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const ObjectName name = named(params);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, name, stop));
    if (!undo["made"].as_bool()) {
      co_return co_await prove_change(target, resource, name.name, undo, std::move(stop));
    }
    CO_TRY(const Node now, co_await look_for(target, resource, name.name, std::move(stop)));
    if (!now.is_null() && target.is_ours(now)) co_return to_string(name) + " is there";
    co_return base::fail(base::Code::FailedPrecondition,
                         to_string(name) + " is not there any more: something deleted it");
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const ObjectName name = named(params);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, name, stop));
    if (undo["made"].as_bool()) {
      co_return co_await target.unmake(resource, name.name, std::move(stop));
    }
    co_return co_await undo_change(context.clock, target, resource, name.name, undo,
                                   std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_manifest_step() {
  return std::make_unique<ManifestStep>();
}

}  // namespace cluster
