#include "cluster/fault_deny_network.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/named_object.h"
#include "cluster/rights.h"
#include "net/dial.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

constexpr base::Duration kAnswerWithin = base::seconds(1);
constexpr base::Duration kAgainAfter = base::millis(200);
constexpr std::size_t kNameMax = 253;

api::ActionKind table() {
  using namespace targets::fields;
  api::FieldSpec port = field("port", api::FieldType::Integer, Need::Optional,
                              "a TCP port of the pods, to which the proof connects; needed but for "
                              "Egress alone");
  port.minimum = 1;
  port.maximum = 65535;
  return kind(
      "denyNetwork", api::Use::Fault,
      "Denies a workload's pods the network by a NetworkPolicy; it counts where connections "
      "from the drill's pod to `port` are taken before and not any more then.",
      {reference("workload", Names::Process, Need::Required, "the workload"),
       choice("direction", {"Ingress", "Egress", "Both"}, "Ingress",
              "Ingress: nobody reaches the pods; Egress: they reach nobody, for which "
              "provenBy is required"),
       std::move(port)});
}

bool is_seen_here(const Node& params) {
  return params["direction"].as_string() != "Egress";
}

std::string policy_name(const Node& params) {
  std::string out =
      "muster-deny-" + params["direction"].as_string() + "-" + params["workload"].as_string();
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out.substr(0, kNameMax);
}

/// Selects the pods and allows nothing.
Node policy_of(const Node& params, const Workload& workload) {
  const std::string& direction = params["direction"].as_string();
  Node types = Node::sequence();
  if (direction != "Egress") types.push("Ingress");
  if (direction != "Ingress") types.push("Egress");
  return Node::map()
      .set("apiVersion", kNetworkPolicies.api_version())
      .set("kind", kNetworkPolicies.kind)
      .set("metadata", Node::map().set("name", policy_name(params)))
      .set("spec",
           Node::map().set("podSelector", workload.selects).set("policyTypes", std::move(types)));
}

struct Look {
  std::vector<std::string> taken;    // "web-0 (10.0.0.7:80)"
  std::vector<std::string> refused;  // "web-1 (10.0.0.8:80): no answer"
};

/// Connects to every pod of the workload that has an address.
aio::Task<base::Result<Look>> look(Context& context, Node params, std::stop_token stop) {
  const auto port = static_cast<std::uint16_t>(params["port"].as_int());
  std::vector<net::Address> addresses;
  std::vector<std::string> names;
  for (const Pod& pod : cluster_of(context).pods_of(params["workload"].as_string())) {
    if (pod.ip.empty() || pod.deleting) continue;
    addresses.push_back({pod.ip, port});
    names.push_back(fmt::format("{} ({})", pod.name, addresses.back().text()));
  }
  CO_TRY(const auto outcomes,
         co_await net::dial(context.clock, std::move(addresses), kAnswerWithin, std::move(stop)));
  Look out;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].taken) {
      out.taken.push_back(names[i]);
    } else {
      out.refused.push_back(fmt::format("{}: {}", names[i], outcomes[i].detail));
    }
  }
  co_return out;
}

class DenyNetworkFault final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // A network that is whole again harms nobody, whoever leads.
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }
  bool needs_proof(const Node& params) const override { return !is_seen_here(params); }

  base::Result<> check(const Node& params) const override {
    if (!is_seen_here(params) || params.has("port")) return {};
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("denyNetwork.port: is missing: with direction {} the proof "
                                  "connects to a port of the pods, 1 to 65535",
                                  params["direction"].as_string()));
  }

  aio::Task<base::Result<>> preflight(Context& context, Node, std::stop_token stop) override {
    co_return co_await check_rights(
        cluster_of(context), {{.resource = kNetworkPolicies, .verbs = {"get", "create", "delete"}}},
        std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string name = policy_name(params);
    CO_TRY(const Node there, co_await look_for(target, kNetworkPolicies, name, stop));
    if (!there.is_null()) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("NetworkPolicy {} is there already: delete it if nothing needs it", name));
    }
    CO_TRY(const Workload now, co_await target.workload(params["workload"].as_string(), stop));
    CO_TRY(co_await target.make(kNetworkPolicies, policy_of(params, now), true, stop));
    if (is_seen_here(params)) {
      CO_TRY(const Look before, co_await look(context, params, std::move(stop)));
      if (before.taken.empty() || !before.refused.empty()) {
        co_return base::fail(
            base::Code::FailedPrecondition,
            fmt::format("a connection that is not taken before the fault could not prove it: {}",
                        before.refused.empty() ? "no pod has an address" : before.refused.front()));
      }
    }
    co_return Node::map().set("policy", name);
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const Workload now, co_await target.workload(params["workload"].as_string(), stop));
    CO_TRY(co_await target.make(kNetworkPolicies, policy_of(params, now), false, std::move(stop)));
    co_return fmt::format("NetworkPolicy {} denies {}", undo["policy"].as_string(),
                          params["direction"].as_string());
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    if (!is_seen_here(params)) co_return undo["policy"].as_string() + " was made";
    std::string last = "no pod was seen yet";
    while (true) {
      const auto seen = co_await look(context, params, stop);
      if (seen && seen->taken.empty() && !seen->refused.empty()) {
        co_return fmt::format("{} takes no connection", fmt::join(seen->refused, ", "));
      }
      if (seen && !seen->taken.empty()) {
        last = fmt::format(
            "{} still takes connections: the cluster's network does not enforce "
            "NetworkPolicy {}, or another policy allows them",
            fmt::join(seen->taken, ", "), undo["policy"].as_string());
      }
      if (!co_await aio::wait_for(context.clock, kAgainAfter, stop)) {
        co_return base::fail(base::Code::Cancelled, last);
      }
    }
  }

  aio::Task<base::Result<>> undo(Context& context, Node, Node undo, std::stop_token stop) override {
    co_return co_await cluster_of(context).unmake(kNetworkPolicies, undo["policy"].as_string(),
                                                  std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_deny_network_fault() {
  return std::make_unique<DenyNetworkFault>();
}

}  // namespace cluster
