#include "targets/sidecar_lease.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/entropy.h"
#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

constexpr auto kTryAgain = base::millis(200);
constexpr auto kRenewWithin = base::seconds(2);
constexpr auto kLookEvery = base::millis(50);
constexpr int kRenewalsPerLease = 3;

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

base::Result<> check_partition(const Node& params) {
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

}  // namespace

std::vector<api::FieldSpec> sidecar_fault_fields() {
  using namespace fields;
  return {choice("action", {"Latency", "Abort", "Reset", "Bandwidth", "BlackHole", "Partition"},
                 std::nullopt, "what happens to a request; Partition holds all that `peer` sends"),
          integer("percent", {1, 100}, 100, "the share of the requests that match"),
          text("path", Need::Optional, "only of these paths, with * for any text; not of mode tcp"),
          text("method", Need::Optional, "only of this method; not of mode tcp"),
          text("peer", Need::Optional, "only of these clients: an address or a prefix"),
          integer("delayMillis", {0, 60'000}, 0, "how late, in milliseconds, of action Latency"),
          integer("jitterMillis", {0, 60'000}, 0, "up to how much later still, by chance"),
          integer("status", {400, 599}, 503, "the answer of action Abort"),
          integer("bytesPerSecond", {0, 1'000'000'000}, 0, "of action Bandwidth"),
          integer("leaseSeconds", {1, 10}, 5, "when it ends by itself unless it is renewed")};
}

base::Result<> check_sidecar_fault(const Node& params) {
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
  return action == "Partition" ? check_partition(params) : base::Result<>{};
}

std::string text_of_sidecar_fault(const Node& params) {
  return fmt::format("{} of {} %", params["action"].as_string(), params["percent"].as_int());
}

std::string draw_sidecar_fault_id() {
  return fmt::format("drill-{:016x}", aio::seed());
}

/// The fields that the action has, as the sidecar reads them.
Node SidecarLease::fault() const {
  const std::string& action = params_["action"].as_string();
  Node out = Node::map();
  out.set("id", id_).set("owner", id_).set("leaseSeconds", params_["leaseSeconds"]);
  for (const Named& named : kActions) {
    if (named.action == action) out.set("kind", std::string(named.kind));
  }
  if (action != "Partition") out.set("percent", params_["percent"]);
  for (const char* field : {"path", "method", "peer"}) {
    if (!params_[field].as_string().empty()) out.set(field, params_[field]);
  }
  if (action == "Latency") {
    out.set("delayMillis", params_["delayMillis"]).set("jitterMillis", params_["jitterMillis"]);
  }
  if (action == "Abort") out.set("status", params_["status"]);
  if (action == "Bandwidth") out.set("bytesPerSecond", params_["bytesPerSecond"]);
  return out;
}

aio::Task<base::Result<>> SidecarLease::look(std::stop_token stop) {
  CO_TRY(co_await place_.find(stop));
  // To renew what is not there changes nothing, and is refused in another way to who may not.
  const auto asked = co_await api_.renew(id_, id_, 1, std::move(stop));
  if (!asked && asked.error().code != base::Code::NotFound) co_return tl::unexpected(asked.error());
  co_return base::Result<>{};
}

aio::Task<base::Result<>> SidecarLease::begin(std::stop_token stop) {
  const base::TimePoint asked = clock_.now();
  CO_TRY(co_await api_.begin(fault(), std::move(stop)));
  begun_ = asked;
  co_return base::Result<>{};
}

aio::Task<base::Result<>> SidecarLease::prove(std::stop_token stop) {
  std::string last = "nothing was seen yet";
  for (;;) {
    const auto seen = co_await api_.find(id_, stop);
    if (seen && seen->is_map()) co_return base::Result<>{};
    if (!seen && seen.error().code == base::Code::NotFound) co_return tl::unexpected(seen.error());
    // A look that was cut short shows less than the one before it.
    if (!stop.stop_requested()) {
      last = seen ? "the sidecar has no such fault" : seen.error().message;
    }
    if (!co_await aio::wait_for(clock_, kLookEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, "last seen: " + last);
    }
  }
}

/// With what has to be found out for it: a token that is not known is read from a server that may
/// be away, and to wait for that is to use up the lease.
aio::Task<base::Result<>> SidecarLease::renew(std::stop_token stop) {
  co_return co_await aio::with_deadline(
      clock_, clock_.now() + kRenewWithin, std::move(stop), "the renewal of its fault",
      [this](std::stop_token token) {
        return api_.renew(id_, id_, params_["leaseSeconds"].as_int(10), std::move(token));
      });
}

aio::Task<base::Result<>> SidecarLease::keep(std::optional<base::TimePoint> begun,
                                             std::stop_token stop) {
  const base::Duration often = length() / kRenewalsPerLease;
  base::TimePoint ends = begun.value_or(clock_.now()) + length();
  base::TimePoint next = begun ? *begun + often : clock_.now();
  while (co_await aio::wait_until(clock_, next, stop)) {
    const base::TimePoint asked = clock_.now();
    const auto renewed = co_await renew(stop);
    if (stop.stop_requested()) break;
    if (renewed) {
      ends = asked + length();
      next = clock_.now() + often;
      continue;
    }
    next = clock_.now() + kTryAgain;
    const bool gone = renewed.error().code == base::Code::NotFound;
    if (gone || clock_.now() >= ends) co_return tl::unexpected(renewed.error());
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> SidecarLease::end(std::stop_token stop) {
  const base::TimePoint over = clock_.now() + length();
  for (;;) {
    const auto ended = co_await api_.end(id_, stop);
    if (ended || ended.error().code == base::Code::NotFound) co_return base::Result<>{};
    if (clock_.now() >= over) co_return base::Result<>{};
    if (!co_await aio::wait_for(clock_, kTryAgain, stop)) co_return tl::unexpected(ended.error());
  }
}

}  // namespace targets
