#include "cluster/step_select.h"

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/gone.h"
#include "cluster/rights.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  using namespace targets::fields;
  return kind("select", api::Use::Fault | api::Use::Step,
              "Changes labels of a Service's selector, so that it leads to other pods.",
              {reference("service", Names::Service, Need::Required, "the service"),
               field("labels", api::FieldType::StringMap, Need::Required,
                     "the labels to set in the selector; what it has beside them stays")});
}

/// A merge patch that leaves exactly this selector.
Node patch_to(const Node& wanted, const Node& now) {
  Node selector = wanted.is_map() ? wanted : Node::map();
  for (const api::Entry& entry : now.entries()) {
    if (!wanted.has(entry.key)) selector.set(entry.key, Node());
  }
  return Node::map().set("spec", Node::map().set("selector", std::move(selector)));
}

aio::Task<base::Result<>> set_selector(ClusterTarget& target, std::string service, Node body,
                                       std::stop_token stop) {
  CO_TRY(const kube::Key key, target.service_key(service));
  CO_TRY(co_await target.patch({.resource = kServices, .name = key.name, .body = std::move(body)},
                               std::move(stop)));
  co_return base::Result<>{};
}

std::string text_of(const Node& selector) {
  std::string out;
  for (const api::Entry& entry : selector.entries()) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", entry.key, entry.value.as_string());
  }
  return out;
}

class SelectStep final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // To lead users back to an old primary after a promotion would lose what they write.
  drill::Undo rule(const Node&) const override { return drill::Undo::IfNotPromoted; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["service"].as_string()};
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const kube::Key key, target.service_key(params["service"].as_string()));
    co_return co_await check_rights(
        target, {{.resource = kServices, .verbs = {"get", "patch"}, .name = key.name}},
        std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    CO_TRY(const Service now,
           co_await cluster_of(context).service(params["service"].as_string(), std::move(stop)));
    if (now.selector.entries().empty()) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("Service {} has no selector: what it leads to is not its "
                                       "own to choose",
                                       now.name));
    }
    co_return Node::map().set("selector", now.selector).set("uid", now.uid);
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["service"].as_string();
    CO_TRY(const Service now, co_await target.service(name, stop));
    Node wanted = now.selector;
    for (const api::Entry& entry : params["labels"].entries()) wanted.set(entry.key, entry.value);
    CO_TRY(co_await set_selector(target, name, patch_to(wanted, now.selector), std::move(stop)));
    co_return fmt::format("Service {}: {} instead of {}", now.name, text_of(wanted),
                          text_of(now.selector));
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["service"].as_string();
    CO_TRY(const std::optional<Service> now,
           co_await service_left(target, name, undo["uid"].as_string(), stop));
    if (!now || now->selector == undo["selector"]) co_return base::Result<>{};
    co_return co_await set_selector(target, name, patch_to(undo["selector"], now->selector),
                                    std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_select_step() {
  return std::make_unique<SelectStep>();
}

}  // namespace cluster
