#include "cluster/step_patch.h"

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

api::FieldSpec operations() {
  using namespace targets::fields;
  api::FieldSpec out = field("json", api::FieldType::Objects, Need::Optional,
                             "a JSON patch (RFC 6902): operations, all of them or none; the way to "
                             "take a field away");
  out.minimum = 1;
  out.maximum = 64;
  out.fields = {
      choice("op", {"add", "remove", "replace", "move", "copy", "test"}, std::nullopt,
             "what is done at the path"),
      text("path", Need::Required, "where, as /spec/replicas"),
      text("from", Need::Optional, "of move and copy: from where"),
      field("value", api::FieldType::Value, Need::Optional, "of add, replace and test: the value")};
  return out;
}

api::ActionKind table() {
  using namespace targets::fields;
  api::ActionKind out = kind(
      "patch", api::Use::Fault | api::Use::Step,
      "Changes fields of any object of the drill's namespace; the undo puts them back.",
      {text("apiVersion", Need::Required, "of the object, as apps/v1"),
       text("kind", Need::Required,
            "of the object, as Deployment; not Secret, and no kind of accounts, rights or drills"),
       text("name", Need::Required, "of the object"),
       field("merge", api::FieldType::Anything, Need::Optional,
             "a JSON merge patch (RFC 7386): the fields to set; `kubectl apply` drops a null"),
       operations(),
       choice("undoWhen", {"IfNotPromoted", "Always"}, "IfNotPromoted",
              "whether the undo is right after another instance took over, too")});
  out.exactly_one_of = {{"merge", "json"}};
  return out;
}

ObjectName named(const Node& params) {
  return {params["apiVersion"].as_string(), params["kind"].as_string(), params["name"].as_string()};
}

/// Of exactly the object that was looked at.
Patch patch_of(const Node& params, kube::Resource resource, const Node& uid) {
  Patch out;
  out.resource = std::move(resource);
  out.name = params["name"].as_string();
  if (params.has("json")) {
    out.type = kube::PatchType::Json;
    out.body = Node::sequence();
    out.body.push(Node::map().set("op", "test").set("path", "/metadata/uid").set("value", uid));
    for (const Node& item : params["json"].items()) out.body.push(item);
    return out;
  }
  out.body = params["merge"];
  Node meta = out.body["metadata"].is_map() ? out.body["metadata"] : Node::map();
  out.body.set("metadata", std::move(meta.set("uid", uid)));
  return out;
}

class PatchStep final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node& params) const override {
    return params["undoWhen"].as_string() == "Always" ? drill::Undo::Always
                                                      : drill::Undo::IfNotPromoted;
  }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["name"].as_string()};
  }

  base::Result<> check(const Node& params) const override {
    TRY(check_kind(named(params), "patch.kind"));
    const Node* merge = params.find("merge");
    if (merge == nullptr || (merge->is_map() && merge->size() > 0)) return {};
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("patch.merge: {} is not allowed: a map of the fields to set is",
                                  api::to_json(*merge)));
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(check(params));
    CO_TRY(const kube::Resource resource, co_await resource_of(target, named(params), stop));
    const std::string& name = params["name"].as_string();
    CO_TRY(co_await check_rights(
        target, {{.resource = resource, .verbs = {"get", "patch"}, .name = name}}, stop));
    // It may be one that an earlier step of the plan makes.
    CO_TRY(const Node now, co_await look_for(target, resource, name, stop));
    co_return co_await check_agreed(target, named(params), now, std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, named(params), stop));
    CO_TRY(const Node now, co_await target.get(resource, params["name"].as_string(), stop));
    co_return co_await prepare_change(target, patch_of(params, resource, now["metadata"]["uid"]),
                                      now, std::move(stop));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, named(params), stop));
    CO_TRY(co_await target.patch(patch_of(params, resource, undo["uid"]), std::move(stop)));
    co_return fmt::format("{}: {} fields changed", to_string(named(params)), fields_of(undo));
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, named(params), stop));
    co_return co_await prove_change(target, resource, params["name"].as_string(), undo,
                                    std::move(stop));
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const kube::Resource resource, co_await resource_of(target, named(params), stop));
    co_return co_await undo_change(context.clock, target, resource, params["name"].as_string(),
                                   undo, std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_patch_step() {
  return std::make_unique<PatchStep>();
}

}  // namespace cluster
