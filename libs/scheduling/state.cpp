#include "scheduling/state.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "api/node.h"

namespace scheduling {
namespace {

using api::Node;

constexpr std::size_t kRecordsKept = 100;
constexpr std::int64_t kVersion = 1;

constexpr std::array<std::pair<Outcome, const char*>, 7> kOutcomes = {
    {{Outcome::Started, "Started"},
     {Outcome::Replacing, "Replacing"},
     {Outcome::Missed, "Missed"},
     {Outcome::TooLate, "TooLate"},
     {Outcome::StillRunning, "StillRunning"},
     {Outcome::Suspended, "Suspended"},
     {Outcome::Blackout, "Blackout"}}};

Node to_node(Instant at) {
  return {utc_text(at)};
}

std::optional<Instant> instant_in(const Node& node) {
  if (!node.is_string() || !node.as_string().ends_with("Z")) return std::nullopt;
  const auto time = parse_time(node.as_string(), Zone::utc());
  return time ? std::optional(*time) : std::nullopt;
}

std::optional<Record> record_in(const Node& node) {
  const auto outcome = outcome_of(node["outcome"].as_string());
  const auto slot = instant_in(node["slot"]);
  const auto first = instant_in(node["first"]);
  const auto decided = instant_in(node["decided"]);
  const std::int64_t count = node["count"].as_int(-1);
  if (!outcome || !slot || !first || !decided || count < 1 || *first > *slot) return std::nullopt;
  return Record{*outcome, *slot, *first, count, *decided, node["detail"].as_string()};
}

}  // namespace

const char* name(Outcome outcome) {
  for (const auto& [value, word] : kOutcomes) {
    if (value == outcome) return word;
  }
  return "Unknown";
}

std::optional<Outcome> outcome_of(std::string_view name) {
  for (const auto& [value, word] : kOutcomes) {
    if (name == word) return value;
  }
  return std::nullopt;
}

std::optional<Instant> State::replacing() const {
  if (recent.empty() || recent.back().outcome != Outcome::Replacing) return std::nullopt;
  return recent.back().slot;
}

State State::with(Record record) const {
  State next = *this;
  next.decided = decided ? std::max(*decided, record.slot) : record.slot;
  // What became of a slot that waited to replace a drill is told in its place.
  if (next.replacing() && *next.replacing() == record.slot) next.recent.pop_back();
  next.recent.push_back(std::move(record));
  if (next.recent.size() > kRecordsKept) next.recent.erase(next.recent.begin());
  return next;
}

std::string to_json(const State& state, const std::string& schedule) {
  Node records = Node::sequence();
  for (const Record& record : state.recent) {
    records.push(Node::map()
                     .set("outcome", name(record.outcome))
                     .set("slot", to_node(record.slot))
                     .set("first", to_node(record.first))
                     .set("count", record.count)
                     .set("decided", to_node(record.decided))
                     .set("detail", record.detail));
  }
  Node out = Node::map()
                 .set("version", kVersion)
                 .set("schedule", schedule)
                 .set("since", to_node(state.since));
  if (state.decided) out.set("decidedUntil", to_node(*state.decided));
  return api::to_json(out.set("recent", std::move(records)), 2) + "\n";
}

base::Result<State> state_from_json(const std::string& text, const std::string& schedule) {
  const auto damaged = [](const std::string& why) {
    return base::fail(base::Code::DataLoss, "not the state of a schedule: " + why);
  };
  const auto node = api::parse_json(text);
  if (!node) return damaged(node.error().message);
  if ((*node)["version"].as_int() != kVersion) return damaged("its version is not 1");
  if ((*node)["schedule"].as_string() != schedule) {
    return damaged(fmt::format("it belongs to '{}', not to '{}'",
                               (*node)["schedule"].as_string().substr(0, 63), schedule));
  }
  const auto since = instant_in((*node)["since"]);
  if (!since) return damaged("\"since\" is no time");
  State state{*since, instant_in((*node)["decidedUntil"]), {}};
  if (node->has("decidedUntil") && !state.decided) return damaged("\"decidedUntil\" is no time");
  for (const Node& item : (*node)["recent"].items()) {
    auto record = record_in(item);
    if (!record) return damaged(fmt::format("record {} is wrong", state.recent.size()));
    if (!state.decided || record->slot > *state.decided) {
      return damaged(fmt::format("record {} is after decidedUntil", state.recent.size()));
    }
    state.recent.push_back(std::move(*record));
  }
  return state;
}

}  // namespace scheduling
