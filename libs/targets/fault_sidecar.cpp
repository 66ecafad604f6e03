#include "targets/fault_sidecar.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "aio/entropy.h"
#include "targets/fields.h"
#include "targets/lease.h"
#include "targets/sidecar_api.h"

namespace targets {
namespace {

using api::Node;

constexpr auto kTryAgain = base::millis(200);
constexpr auto kLookEvery = base::millis(50);
constexpr int kRenewalsPerLease = 3;

api::ActionKind table() {
  using namespace fields;
  return kind(
      "sidecar", api::Use::Fault,
      "Hurts the traffic that a sidecar passes on, for as long as the drill renews it.",
      {reference("process", Names::Process, Need::Required, "the sidecar's process"),
       text("admin", Need::Required, "its admin address, HOST:PORT"),
       text("tokenFile", Need::Optional, "a file with the token of its admin API"),
       choice("action", {"Latency", "Abort", "Reset", "Bandwidth", "BlackHole", "Partition"},
              std::nullopt, "what happens to a request; Partition holds all that `peer` sends"),
       integer("percent", {1, 100}, 100, "the share of the requests that match"),
       text("path", Need::Optional, "only of these paths, with * for any text; not of mode tcp"),
       text("method", Need::Optional, "only of this method; not of mode tcp"),
       text("peer", Need::Optional, "only of these clients: an address or a prefix"),
       integer("delayMillis", {0, 60'000}, 0, "how late, in milliseconds, of action Latency"),
       integer("jitterMillis", {0, 60'000}, 0, "up to how much later still, by chance"),
       integer("status", {400, 599}, 503, "the answer of action Abort"),
       integer("bytesPerSecond", {0, 1'000'000'000}, 0, "of action Bandwidth"),
       integer("leaseSeconds", {1, 10}, 5, "when it ends by itself unless it is renewed")});
}

struct Named {
  std::string_view action, kind;
};
constexpr std::array<Named, 6> kActions{{{"Latency", "latency"},
                                         {"Abort", "abort"},
                                         {"Reset", "reset"},
                                         {"Bandwidth", "bandwidth"},
                                         {"BlackHole", "black-hole"},
                                         {"Partition", "partition"}}};

tl::unexpected<base::Error> wrong(std::string_view field, std::string_view why) {
  return base::fail(base::Code::InvalidArgument, fmt::format("sidecar.{}: {}", field, why));
}

/// The fields that the action has, as the sidecar reads them.
Node fault_of(const Node& params, const Node& undo) {
  const std::string& action = params["action"].as_string();
  Node out = Node::map();
  out.set("id", undo["id"]).set("owner", undo["id"]).set("leaseSeconds", params["leaseSeconds"]);
  for (const Named& named : kActions) {
    if (named.action == action) out.set("kind", std::string(named.kind));
  }
  if (action != "Partition") out.set("percent", params["percent"]);
  for (const char* field : {"path", "method", "peer"}) {
    if (!params[field].as_string().empty()) out.set(field, params[field]);
  }
  if (action == "Latency") {
    out.set("delayMillis", params["delayMillis"]).set("jitterMillis", params["jitterMillis"]);
  }
  if (action == "Abort") out.set("status", params["status"]);
  if (action == "Bandwidth") out.set("bytesPerSecond", params["bytesPerSecond"]);
  return out;
}

class SidecarFault final : public Driver, public Lease {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["process"].as_string()};
  }

  base::Result<> check(const Node& params) const override {
    const std::string& action = params["action"].as_string();
    const auto none = [&](const char* field) { return params[field].as_int() == 0; };
    if (action == "Latency" && none("delayMillis") && none("jitterMillis")) {
      return wrong("delayMillis", "0: action Latency needs one above 0, or a jitterMillis");
    }
    if (action == "Bandwidth" && none("bytesPerSecond")) {
      return wrong("bytesPerSecond", "0: action Bandwidth needs one above 0");
    }
    const std::string& path = params["path"].as_string();
    if (!path.empty() && !path.starts_with('/') && !path.starts_with('*')) {
      return wrong("path", fmt::format("'{}': begins with / or *", path));
    }
    if (action != "Partition") return {};
    if (params["peer"].as_string().empty()) {
      return wrong("peer", "action Partition needs an address or a prefix");
    }
    for (const char* field : {"path", "method"}) {
      if (params[field].as_string().empty()) continue;
      return wrong(field, "a Partition is of all that its peer sends");
    }
    if (params["percent"].as_int(100) == 100) return {};
    return wrong("percent", "a Partition is of all that its peer sends");
  }

  /// Looks whether the sidecar is there and takes the token.
  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    std::string id = fmt::format("drill-{:016x}", aio::seed());
    // To renew what is not there changes nothing, and is refused in another way to who may not.
    const auto asked = co_await api_of(context, params).renew(id, id, 1, std::move(stop));
    if (!asked && asked.error().code != base::Code::NotFound) {
      co_return tl::unexpected(asked.error());
    }
    co_return Node::map().set("id", std::move(id));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    CO_TRY(co_await api_of(context, params).begin(fault_of(params, undo), std::move(stop)));
    co_return fmt::format("{} of {} % by {}", params["action"].as_string(),
                          params["percent"].as_int(), params["process"].as_string());
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    std::string last = "nothing was seen yet";
    for (;;) {
      const auto seen = co_await api_of(context, params).find(undo["id"].as_string(), stop);
      if (seen && seen->is_map()) {
        co_return fmt::format("{} has {} in force", params["process"].as_string(),
                              (*seen)["kind"].as_string());
      }
      last = seen ? "the sidecar has no such fault" : seen.error().message;
      if (!co_await aio::wait_for(context.clock, kLookEvery, stop)) {
        co_return base::fail(base::Code::Cancelled, "last seen: " + last);
      }
    }
  }

  aio::Task<base::Result<>> sustain(Context& context, Node params, Node undo,
                                    std::stop_token stop) override {
    const std::int64_t lease = params["leaseSeconds"].as_int(5);
    const std::string& id = undo["id"].as_string();
    base::TimePoint ends = context.clock.now() + base::seconds(lease);
    base::Duration pause = base::seconds(lease) / kRenewalsPerLease;
    while (co_await aio::wait_for(context.clock, pause, stop)) {
      const base::TimePoint asked = context.clock.now();
      const auto renewed = co_await api_of(context, params).renew(id, id, lease, stop);
      if (stop.stop_requested()) break;
      if (renewed) {
        ends = asked + base::seconds(lease);
        pause = base::seconds(lease) / kRenewalsPerLease;
        continue;
      }
      pause = kTryAgain;
      const bool gone = renewed.error().code == base::Code::NotFound;
      if (gone || context.clock.now() >= ends) co_return tl::unexpected(renewed.error());
    }
    co_return base::Result<>{};
  }

  /// A sidecar that cannot be asked has nothing in force when the lease is over: nobody renews it
  /// any more.
  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    const base::TimePoint over =
        context.clock.now() + base::seconds(params["leaseSeconds"].as_int(10));
    for (;;) {
      const auto ended = co_await api_of(context, params).end(undo["id"].as_string(), stop);
      if (ended || ended.error().code == base::Code::NotFound) co_return base::Result<>{};
      if (context.clock.now() >= over) co_return base::Result<>{};
      if (!co_await aio::wait_for(context.clock, kTryAgain, stop)) {
        co_return tl::unexpected(ended.error());
      }
    }
  }

 private:
  static SidecarApi api_of(Context& context, const Node& params) {
    return {context.clock, params["admin"].as_string(), params["tokenFile"].as_string()};
  }

  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_sidecar_fault() {
  return std::make_unique<SidecarFault>();
}

}  // namespace targets
