#include "sidecar/fault_json.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sidecar {
namespace {

using api::Node;

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kPathBytesMax = 1024;
constexpr std::int64_t kMillisMax = 60'000;
constexpr std::int64_t kRateMax = 1'000'000'000;
constexpr int kStatusDefault = 503;

constexpr std::array<std::string_view, 12> kFields{
    "id",     "owner", "kind",        "leaseSeconds", "percent", "path",
    "method", "peer",  "delayMillis", "jitterMillis", "status",  "bytesPerSecond"};
constexpr std::array<std::string_view, 2> kRenewalFields{"owner", "leaseSeconds"};

/// Which fields only one kind has.
struct Own {
  std::string_view field;
  FaultKind kind;
};
constexpr std::array<Own, 4> kOwn{{{"delayMillis", FaultKind::Latency},
                                   {"jitterMillis", FaultKind::Latency},
                                   {"status", FaultKind::Abort},
                                   {"bytesPerSecond", FaultKind::Bandwidth}}};

tl::unexpected<base::Error> wrong(std::string_view field, const Node& value,
                                  std::string_view allowed) {
  std::string text = api::to_json(value);
  if (text.size() > kNameBytesMax) text = text.substr(0, kNameBytesMax) + "…";
  return base::fail(base::Code::InvalidArgument, fmt::format("{}: {}: {}", field, text, allowed));
}

base::Result<Node> map_of(std::string_view json, std::span<const std::string_view> fields) {
  TRY(Node node, api::parse_json(json));
  if (!node.is_map()) return wrong("body", node, "a map");
  for (const api::Entry& entry : node.entries()) {
    if (std::ranges::find(fields, entry.key) == fields.end()) {
      return wrong(entry.key, entry.value,
                   fmt::format("no such field; there are {}", fmt::join(fields, ", ")));
    }
  }
  return node;
}

base::Result<std::int64_t> number(const Node& node, std::string_view field, std::int64_t least,
                                  std::int64_t most, std::optional<std::int64_t> otherwise) {
  if (!node.has(field) && otherwise) return *otherwise;
  const Node& value = node[field];
  if (value.is_int() && value.as_int() >= least && value.as_int() <= most) return value.as_int();
  return wrong(field, value, fmt::format("a whole number from {} to {}", least, most));
}

base::Result<std::string> word(const Node& node, std::string_view field) {
  const std::string& text = node[field].as_string();
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._").find(c) != std::string_view::npos;
  };
  if (!text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, plain)) {
    return text;
  }
  return wrong(field, node[field], "1 to 128 letters, digits, '-', '.' and '_'");
}

base::Result<base::Duration> lease(const Node& node) {
  TRY(const std::int64_t value,
      number(node, "leaseSeconds", 1, kLeaseMax / base::seconds(1), std::nullopt));
  return base::seconds(value);
}

base::Result<FaultKind> kind(const Node& node, Mode mode) {
  const auto found = fault_kind(node["kind"].as_string());
  if (!found) {
    return wrong("kind", node["kind"], "latency, abort, reset, bandwidth, black-hole or partition");
  }
  if (mode == Mode::Tcp && *found == FaultKind::Abort) {
    return wrong("kind", node["kind"], "there is no status to answer with in mode tcp");
  }
  return *found;
}

/// Fields of a kind belong to it and to no other.
base::Result<> belong(const Node& node, FaultKind kind, Mode mode) {
  for (const Own& own : kOwn) {
    if (own.kind != kind && node.has(own.field)) {
      return wrong(own.field, node[own.field],
                   fmt::format("only for kind {}, and this is {}", name(own.kind), name(kind)));
    }
  }
  for (const std::string_view field : {"path", "method"}) {
    if (!node.has(field)) continue;
    if (mode == Mode::Tcp) return wrong(field, node[field], "there are no requests in mode tcp");
    if (kind == FaultKind::Partition) {
      return wrong(field, node[field], "a partition is of all that its peer sends");
    }
  }
  if (kind == FaultKind::Partition && node.has("percent")) {
    return wrong("percent", node["percent"], "a partition is of all that its peer sends");
  }
  return {};
}

base::Result<> read_match(const Node& node, FaultRule& out) {
  TRY(const std::int64_t percent, number(node, "percent", 1, 100, 100));
  out.percent = static_cast<int>(percent);
  if (node.has("path")) {
    out.path = node["path"].as_string();
    const bool starts = out.path.starts_with('/') || out.path.starts_with('*');
    if (!starts || out.path.size() > kPathBytesMax) {
      return wrong("path", node["path"],
                   fmt::format("a pattern with * for any text, that begins with / or *, of at "
                               "most {} bytes",
                               kPathBytesMax));
    }
  }
  if (node.has("method")) {
    out.method = node["method"].as_string();
    const bool upper = std::ranges::all_of(
        out.method, [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; });
    if (out.method.empty() || !upper || out.method.size() > 32) {
      return wrong("method", node["method"], "a method in capitals, such as GET");
    }
  }
  if (!node.has("peer")) {
    if (out.kind != FaultKind::Partition) return {};
    return wrong("peer", node["peer"], "a partition needs an address or a prefix");
  }
  const auto peer = limit::parse_prefix(node["peer"].as_string());
  if (!peer) return wrong("peer", node["peer"], "an address or a prefix, such as 10.0.0.0/8");
  out.peer = *peer;
  return {};
}

base::Result<> read_effect(const Node& node, FaultRule& out) {
  if (out.kind == FaultKind::Latency) {
    TRY(const std::int64_t delay, number(node, "delayMillis", 0, kMillisMax, 0));
    TRY(const std::int64_t jitter, number(node, "jitterMillis", 0, kMillisMax, 0));
    if (delay + jitter == 0) {
      return wrong("delayMillis", node["delayMillis"],
                   fmt::format("1 to {}, or a jitterMillis", kMillisMax));
    }
    out.delay = base::millis(delay);
    out.jitter = base::millis(jitter);
  }
  if (out.kind == FaultKind::Abort) {
    TRY(const std::int64_t status, number(node, "status", 400, 599, kStatusDefault));
    out.status = static_cast<int>(status);
  }
  if (out.kind == FaultKind::Bandwidth) {
    TRY(const std::int64_t rate, number(node, "bytesPerSecond", 1, kRateMax, std::nullopt));
    out.bytes_per_second = static_cast<std::uint64_t>(rate);
  }
  return {};
}

std::int64_t millis_of(base::Duration duration) {
  return std::max<std::int64_t>(duration / base::millis(1), 0);
}

}  // namespace

base::Result<FaultRule> parse_fault(std::string_view json, Mode mode) {
  TRY(const Node node, map_of(json, kFields));
  FaultRule out;
  TRY(out.id, word(node, "id"));
  TRY(out.owner, word(node, "owner"));
  TRY(out.kind, kind(node, mode));
  TRY(out.lease, lease(node));
  TRY(belong(node, out.kind, mode));
  TRY(read_match(node, out));
  TRY(read_effect(node, out));
  return out;
}

base::Result<Renewal> parse_renewal(std::string_view json) {
  TRY(const Node node, map_of(json, kRenewalFields));
  Renewal out;
  TRY(out.owner, word(node, "owner"));
  TRY(out.lease, lease(node));
  return out;
}

Node node_of(const Fault& fault, base::TimePoint now) {
  const FaultRule& rule = fault.rule;
  Node out = Node::map();
  out.set("id", rule.id).set("owner", rule.owner).set("kind", name(rule.kind));
  out.set("leaseSeconds", std::int64_t{rule.lease / base::seconds(1)});
  out.set("remainingMillis", millis_of(fault.ends - now)).set("percent", rule.percent);
  if (!rule.path.empty()) out.set("path", rule.path);
  if (!rule.method.empty()) out.set("method", rule.method);
  if (rule.peer) out.set("peer", limit::text(*rule.peer));
  if (rule.kind == FaultKind::Latency) {
    out.set("delayMillis", millis_of(rule.delay)).set("jitterMillis", millis_of(rule.jitter));
  }
  if (rule.kind == FaultKind::Abort) out.set("status", rule.status);
  if (rule.kind == FaultKind::Bandwidth) {
    out.set("bytesPerSecond", static_cast<std::int64_t>(rule.bytes_per_second));
  }
  return out;
}

Node node_of(const FaultSet& faults, base::TimePoint now) {
  Node list = Node::sequence();
  for (const Fault& fault : faults) {
    if (now < fault.ends) list.push(node_of(fault, now));
  }
  return Node::map().set("faults", std::move(list));
}

}  // namespace sidecar
