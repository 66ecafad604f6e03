#include "targets/fault_network.h"

#include <fmt/format.h>

#include "targets/fields.h"
#include "targets/relay_control.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind(
      "network", api::Use::Fault,
      "Refuses, silences, delays or resets the link of a relay, or partitions one peer.",
      {reference("relay", Names::Relay, Need::Optional, "the relay whose link is hurt; or `peer`"),
       reference("peer", Names::RelayOrPeer, Need::Optional,
                 "every relay between this peer and another"),
       choice("mode", {"Refuse", "BlackHole", "Delay", "Reset", "Partition"}, std::nullopt,
              "Partition is BlackHole on every link of the peer"),
       integer("delayMillis", {0, kRelayDelayMillisMax}, 0,
               "how late bytes arrive in mode Delay, in milliseconds")});
}

base::Result<std::vector<api::RelaySpec>> hit_by(const LocalTarget& target, const Node& params) {
  const std::string& relay = params["relay"].as_string();
  const std::string& peer = params["peer"].as_string();
  if (relay.empty() == peer.empty()) {
    return base::fail(base::Code::InvalidArgument, "network: exactly one of relay and peer");
  }
  if (relay.empty()) {
    return target.relays_of_peer(peer);
  }
  TRY(api::RelaySpec spec, target.relay(relay));
  return std::vector<api::RelaySpec>{std::move(spec)};
}

base::Result<RelaySetting> wanted(const Node& params) {
  const std::string& mode = params["mode"].as_string();
  TRY(const RelayMode relay, relay_mode(mode == "Partition" ? "BlackHole" : mode));
  const auto delay = base::millis(params["delayMillis"].as_int());
  if (relay == RelayMode::Delay && delay == base::Duration::zero()) {
    return base::fail(base::Code::InvalidArgument,
                      "network: mode Delay needs a delayMillis above 0");
  }
  return RelaySetting{relay, relay == RelayMode::Delay ? delay : base::Duration{}};
}

class NetworkFault final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["peer"].as_string().empty() ? params["relay"].as_string()
                                               : params["peer"].as_string()};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    CO_TRY(wanted(params));
    CO_TRY(const auto relays, hit_by(context.local(), params));
    Node earlier = Node::sequence();
    for (const api::RelaySpec& relay : relays) {
      CO_TRY(const RelayStatus status, co_await context.local().get_relay(relay.name, stop));
      const auto delay =
          std::chrono::duration_cast<std::chrono::milliseconds>(status.setting.delay).count();
      earlier.push(Node::map()
                       .set("relay", relay.name)
                       .set("mode", name(status.setting.mode))
                       .set("delayMillis", std::int64_t{delay}));
    }
    co_return earlier;
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    CO_TRY(const RelaySetting setting, wanted(params));
    CO_TRY(const auto relays, hit_by(context.local(), params));
    std::string names;
    for (const api::RelaySpec& relay : relays) {
      CO_TRY(co_await context.local().set_relay(relay.name, setting, stop));
      names += (names.empty() ? "" : ", ") + relay.name;
    }
    co_return fmt::format("{} on {}", params["mode"].as_string(), names);
  }

  aio::Task<base::Result<>> undo(Context& context, Node, Node undo, std::stop_token stop) override {
    base::Result<> done;
    for (const Node& earlier : undo.items()) {
      CO_TRY(const RelayMode mode, relay_mode(earlier["mode"].as_string()));
      const RelaySetting setting{mode, base::millis(earlier["delayMillis"].as_int())};
      const auto set =
          co_await context.local().set_relay(earlier["relay"].as_string(), setting, stop);
      if (!set) {
        done = tl::unexpected(set.error());  // the others all the same
      }
    }
    co_return done;
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_network_fault() {
  return std::make_unique<NetworkFault>();
}

}  // namespace targets
