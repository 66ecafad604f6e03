#include "runner/vantage_words.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "api/node.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "drill/record.h"

namespace runner {
namespace {

using api::Node;

constexpr std::array kWishes = {"Look", "Begin", "StopWriting", "Finish", "Fetch", "Leave"};
constexpr std::array kStates = {"Idle",    "Beginning", "Measuring", "Stopping",
                                "Stopped", "Finishing", "Finished",  "Failed"};
constexpr std::size_t kTextMax = 4096;
constexpr std::size_t kNameMax = 253;
constexpr std::size_t kKeyMin = 16, kKeyMax = 64;

tl::unexpected<base::Error> refuse(std::string why) {
  return base::fail(base::Code::InvalidArgument, std::move(why));
}

template <class Words>
base::Result<std::size_t> word_of(const Words& words, const Node& node, const char* key) {
  const std::string& said = node[key].as_string();
  const auto found = std::find(words.begin(), words.end(), said);
  if (found == words.end()) return refuse(fmt::format("{}: '{}' is none", key, said));
  return static_cast<std::size_t>(found - words.begin());
}

base::Result<std::uint64_t> count_of(const Node& node, const char* key, std::uint64_t most) {
  const Node* found = node.find(key);
  if (found == nullptr) return std::uint64_t{0};
  if (!found->is_int() || found->as_int() < 0 ||
      static_cast<std::uint64_t>(found->as_int()) > most) {
    return refuse(fmt::format("{}: an integer from 0 to {} is allowed", key, most));
  }
  return static_cast<std::uint64_t>(found->as_int());
}

base::Result<std::string> text_of(const Node& node, const char* key) {
  const Node* found = node.find(key);
  if (found == nullptr) return std::string();
  if (!found->is_string() || found->as_string().size() > kTextMax) {
    return refuse(fmt::format("{}: a text of at most {} bytes is allowed", key, kTextMax));
  }
  return found->as_string();
}

Node number(std::uint64_t value) {
  return {static_cast<std::int64_t>(value)};
}

/// It becomes a folder's name.
bool is_drill(std::string_view id) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= kNameMax && id.front() != '.' &&
         std::all_of(id.begin(), id.end(), plain);
}

base::Result<Node> parse_line(std::string_view line) {
  if (line.size() > kVantageLineMax) return refuse("the line is too long");
  TRY(Node node, api::parse_json(line));
  if (!node.is_map()) return refuse("the line is no map");
  if (node["v"].as_int(-1) != kVantageProtocol) {
    return refuse(fmt::format("v: this one speaks {}, the other one {}", kVantageProtocol,
                              node["v"].as_int(-1)));
  }
  return node;
}

constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 62U;

base::Result<> read_begin(VantageAsk& out, const Node& node) {
  TRY(out.drill, text_of(node, "drill"));
  if (!is_drill(out.drill)) return refuse(fmt::format("drill: '{}' is no drill's id", out.drill));
  TRY(out.plan, text_of(node, "plan"));
  TRY(const std::string key, text_of(node, "key"));
  // What is wrong with it is not said: errors are shown.
  const auto bytes = crypto::from_hex(key);
  if (!bytes || bytes->size() < kKeyMin || bytes->size() > kKeyMax) return refuse("key: no key");
  out.key.assign(bytes->begin(), bytes->end());
  TRY(out.vantage, count_of(node, "vantage", drill::kVantagesMax - 1));
  if (out.vantage == 0) return refuse("vantage: 0 is the runner itself");
  return {};
}

}  // namespace

const char* name(VantageWish wish) {
  return kWishes.at(static_cast<std::size_t>(wish));
}

const char* name(VantageState state) {
  return kStates.at(static_cast<std::size_t>(state));
}

std::string to_line(const VantageAsk& ask) {
  Node out = Node::map()
                 .set("v", kVantageProtocol)
                 .set("n", number(ask.number))
                 .set("ask", name(ask.wish));
  if (ask.wish == VantageWish::Begin) {
    const std::vector<std::uint8_t> key(ask.key.begin(), ask.key.end());
    out.set("drill", ask.drill)
        .set("plan", ask.plan)
        .set("key", crypto::hex(key))
        .set("vantage", number(ask.vantage));
  }
  if (ask.wish == VantageWish::Fetch) out.set("offset", number(ask.offset));
  return api::to_json(out) + "\n";
}

base::Result<VantageAsk> parse_vantage_ask(std::string_view line) {
  TRY(const Node node, parse_line(line));
  VantageAsk out;
  TRY(out.number, count_of(node, "n", kNumberMax));
  TRY(const std::size_t wish, word_of(kWishes, node, "ask"));
  out.wish = static_cast<VantageWish>(wish);
  if (out.wish == VantageWish::Begin) {
    TRY(read_begin(out, node));
  }
  if (out.wish == VantageWish::Fetch) {
    TRY(out.offset, count_of(node, "offset", kVantageBytesMax));
  }
  return out;
}

std::string to_line(const VantageAnswer& answer) {
  Node out = Node::map()
                 .set("v", kVantageProtocol)
                 .set("n", number(answer.number))
                 .set("run", answer.run)
                 .set("place", answer.place)
                 .set("state", name(answer.state))
                 .set("now", std::int64_t{answer.now.time_since_epoch().count()});
  if (!answer.why.empty()) out.set("why", answer.why.substr(0, kTextMax));
  if (answer.bytes > 0) out.set("bytes", number(answer.bytes));
  if (!answer.piece.empty()) out.set("piece", crypto::base64_encode(answer.piece));
  return api::to_json(out) + "\n";
}

base::Result<VantageAnswer> parse_vantage_answer(std::string_view line) {
  TRY(const Node node, parse_line(line));
  VantageAnswer out;
  TRY(out.number, count_of(node, "n", kNumberMax));
  TRY(out.run, text_of(node, "run"));
  TRY(out.place, text_of(node, "place"));
  TRY(const std::size_t state, word_of(kStates, node, "state"));
  out.state = static_cast<VantageState>(state);
  TRY(out.why, text_of(node, "why"));
  TRY(const std::uint64_t now, count_of(node, "now", kNumberMax));
  out.now = base::TimePoint(base::Duration(static_cast<std::int64_t>(now)));
  TRY(out.bytes, count_of(node, "bytes", kVantageBytesMax));
  if (node.has("piece")) {
    TRY(out.piece, crypto::base64_decode(node["piece"].as_string()));
    if (out.piece.size() > kVantagePiece) return refuse("piece: it is too long");
  }
  return out;
}

std::string plan_digest(std::string_view document) {
  return crypto::hex(crypto::sha256(document));
}

}  // namespace runner
