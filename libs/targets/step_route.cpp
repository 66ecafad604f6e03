#include "targets/step_route.h"

#include <algorithm>

#include <fmt/format.h>

#include "targets/fields.h"
#include "targets/haproxy.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind(
      "route", api::Use::Step, "Switches where a service leads. Exactly one of to, remove and add.",
      {reference("service", Names::Service, Need::Required, "the service"),
       reference("to", Names::Instance, Need::Optional, "the one instance users reach from now on"),
       reference("remove", Names::Instance, Need::Optional,
                 "no longer reached; its sessions are ended"),
       reference("add", Names::Instance, Need::Optional, "reached too, from now on")});
}

base::Result<HaProxy> proxy_of(Context& context, const Node& params) {
  const std::string& name = params["service"].as_string();
  TRY(const api::ServiceSpec service, context.local().service(name));
  if (!service.haproxy) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("service '{}' has no haproxy: it cannot be routed", name));
  }
  return HaProxy(context.clock, service.haproxy->socket, service.haproxy->backend);
}

base::Result<std::vector<RouteServer>> wanted(const Node& params,
                                              const std::vector<RouteServer>& now) {
  std::string key;
  for (const char* candidate : {"to", "remove", "add"}) {
    if (!params[candidate].as_string().empty()) {
      if (!key.empty()) {
        return base::fail(base::Code::InvalidArgument, "route: exactly one of to, remove and add");
      }
      key = candidate;
    }
  }
  const std::string& server = params[key].as_string();
  const auto is_it = [&](const RouteServer& one) { return one.name == server; };
  if (key.empty() || std::none_of(now.begin(), now.end(), is_it)) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("route: '{}' is no server of the service", server));
  }
  if (key != "to") {
    return std::vector<RouteServer>{{server, key == "add" ? RouteState::Ready : RouteState::Maint}};
  }
  std::vector<RouteServer> all = now;
  for (RouteServer& one : all) {
    one.state = one.name == server ? RouteState::Ready : RouteState::Maint;
  }
  return all;
}

class RouteStep final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::IfNotPromoted; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["service"].as_string()};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    CO_TRY(HaProxy proxy, proxy_of(context, params));
    CO_TRY(const auto now, co_await proxy.servers(stop));
    CO_TRY(wanted(params, now));
    Node earlier = Node::sequence();
    for (const RouteServer& server : now) {
      earlier.push(Node::map().set("server", server.name).set("state", name(server.state)));
    }
    co_return earlier;
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    CO_TRY(HaProxy proxy, proxy_of(context, params));
    CO_TRY(const auto now, co_await proxy.servers(stop));
    CO_TRY(const auto servers, wanted(params, now));
    CO_TRY(co_await proxy.set(servers, stop));
    std::string text;
    for (const RouteServer& server : servers) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", server.name, name(server.state));
    }
    co_return fmt::format("{}: {}", params["service"].as_string(), text);
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    CO_TRY(HaProxy proxy, proxy_of(context, params));
    std::vector<RouteServer> servers;
    for (const Node& earlier : undo.items()) {
      CO_TRY(const RouteState state, route_state(earlier["state"].as_string()));
      servers.push_back({earlier["server"].as_string(), state});
    }
    co_return co_await proxy.set(servers, stop);
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_route_step() {
  return std::make_unique<RouteStep>();
}

}  // namespace targets
