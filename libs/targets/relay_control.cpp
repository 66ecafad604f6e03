#include "targets/relay_control.h"

#include <fmt/format.h>

#include "api/node.h"
#include "targets/unix_line.h"

namespace targets {
namespace {

using api::Node;

// A relay may wait 4 s for its port before it answers.
constexpr auto kAnswerWithin = base::seconds(6);

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::Code::InvalidArgument, std::move(message));
}

base::Result<RelaySetting> parse_setting(const Node& node) {
  RelaySetting setting;
  if (!node.is_map()) {
    return refuse(fmt::format("set: a map is allowed, not a {}", node.kind()));
  }
  for (const api::Entry& entry : node.entries()) {
    if (entry.key != "mode" && entry.key != "delayMillis") {
      return refuse(fmt::format("set.{}: unknown; mode and delayMillis are allowed", entry.key));
    }
  }
  if (!node["mode"].is_string()) {
    return refuse("set.mode: Pass, Refuse, BlackHole, Reset or Delay is required");
  }
  TRY(setting.mode, relay_mode(node["mode"].as_string()));
  const Node* delay = node.find("delayMillis");
  if (delay == nullptr) {
    return setting.mode == RelayMode::Delay
               ? base::Result<RelaySetting>(refuse("set.delayMillis: required with mode Delay"))
               : setting;
  }
  if (!delay->is_int() || delay->as_int() < 0 || delay->as_int() > kRelayDelayMillisMax) {
    return refuse(fmt::format("set.delayMillis: an integer from 0 to {}", kRelayDelayMillisMax));
  }
  setting.delay = base::millis(delay->as_int());
  return setting;
}

Node setting_node(const RelaySetting& setting) {
  return Node::map()
      .set("mode", name(setting.mode))
      .set("delayMillis",
           std::int64_t{
               std::chrono::duration_cast<std::chrono::milliseconds>(setting.delay).count()});
}

std::uint64_t count_of(const Node& node, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, node[key].as_int()));
}

Node count(std::uint64_t value) {
  return {static_cast<std::int64_t>(value)};
}

}  // namespace

base::Result<RelayOrder> parse_relay_order(std::string_view line) {
  TRY(const Node node, api::parse_json(line));
  if (!node.is_map() || node.size() != 1) {
    return refuse("an order is a map with one key: get or set");
  }
  if (node.has("get")) {
    return RelayOrder{};
  }
  const Node* set = node.find("set");
  if (set == nullptr) {
    return refuse(fmt::format("order '{}' is unknown: get or set", node.entries().front().key));
  }
  TRY(const RelaySetting setting, parse_setting(*set));
  return RelayOrder{setting};
}

std::string to_line(const RelayOrder& order) {
  const Node node = order.set ? Node::map().set("set", setting_node(*order.set))
                              : Node::map().set("get", Node::map());
  return api::to_json(node) + "\n";
}

std::string to_line(const RelayStatus& status) {
  return api::to_json(Node::map()
                          .set("name", status.name)
                          .set("listen", status.listen)
                          .set("setting", setting_node(status.setting))
                          .set("listening", status.listening)
                          .set("connections", count(status.connections))
                          .set("accepted", count(status.accepted))
                          .set("bytesUp", count(status.bytes_up))
                          .set("bytesDown", count(status.bytes_down))
                          .set("bytesDiscarded", count(status.bytes_discarded))) +
         "\n";
}

std::string to_line(const base::Error& error) {
  return api::to_json(Node::map().set("error", error.message).set("code", base::name(error.code))) +
         "\n";
}

base::Result<RelayStatus> parse_relay_status(std::string_view line) {
  auto node = api::parse_json(line);
  if (node && node->has("error")) {
    const bool taken = (*node)["code"].as_string() == base::name(base::Code::AlreadyExists);
    return base::fail(taken ? base::Code::AlreadyExists : base::Code::InvalidArgument,
                      (*node)["error"].as_string());
  }
  if (!node || !node->has("setting")) {
    return base::fail(base::Code::DataLoss, fmt::format("no relay's answer: '{}'", line));
  }
  RelayStatus status;
  TRY(status.setting, parse_setting((*node)["setting"]));
  status.name = (*node)["name"].as_string();
  status.listen = (*node)["listen"].as_string();
  status.listening = (*node)["listening"].as_bool();
  status.connections = count_of(*node, "connections");
  status.accepted = count_of(*node, "accepted");
  status.bytes_up = count_of(*node, "bytesUp");
  status.bytes_down = count_of(*node, "bytesDown");
  status.bytes_discarded = count_of(*node, "bytesDiscarded");
  return status;
}

aio::Task<base::Result<RelayStatus>> ask_relay(aio::Clock& clock, std::string control,
                                               RelayOrder order, std::stop_token stop) {
  const std::string question = to_line(order);
  CO_TRY(const std::string answer, co_await ask_socket(clock, control, question, AnswerEnd::Line,
                                                       kAnswerWithin, std::move(stop)));
  co_return parse_relay_status(answer);
}

}  // namespace targets
