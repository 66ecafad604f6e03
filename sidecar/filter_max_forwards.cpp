#include "sidecar/filter_max_forwards.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http1/forward.h"
#include "sidecar/error_reply.h"

namespace sidecar {
namespace {

constexpr std::string_view kName = "Max-Forwards";
/// What is above it goes on as this: more hops than there are.
constexpr std::uint32_t kMost = 1'000'000;
constexpr int kGood = 200;
constexpr int kBad = 400;

bool tells_the_way(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames{"Host",
                                                   "Via",
                                                   "Forwarded",
                                                   "X-Forwarded-For",
                                                   "X-Forwarded-Host",
                                                   "X-Forwarded-Proto",
                                                   "Max-Forwards",
                                                   "User-Agent"};
  return std::ranges::any_of(
      kNames, [name](std::string_view other) { return http1::same_name(name, other); });
}

/// Nothing: digits it is not, or there is more than one.
std::optional<std::uint32_t> hops_of(const http1::RequestHead& head, const http1::Field& field) {
  if (http1::find(head, kName, &field) != nullptr) return std::nullopt;
  const std::string_view text = field.value;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} ? std::min(value, kMost) : kMost;
}

class MaxForwardsFilter final : public Filter {
 public:
  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint /*now*/) override {
    http1::RequestHead& head = exchange.request;
    if (head.method != "OPTIONS" && head.method != "TRACE") return Verdict::Forward;
    const http1::Field* const field = http1::find(head, kName);
    if (field == nullptr) return Verdict::Forward;
    const auto hops = hops_of(head, *field);
    if (!hops) return refuse(exchange);
    if (*hops == 0) return answer(exchange);
    head.drop.set(static_cast<std::size_t>(field - head.fields.data()));
    exchange.to_upstream.add(kName, std::to_string(*hops - 1));
    return Verdict::Forward;
  }

 private:
  static Verdict refuse(Exchange& exchange) {
    reply_with_error(exchange, kBad, "bad_request", "Max-Forwards that is no number");
    return Verdict::Answer;
  }

  static Verdict answer(Exchange& exchange) {
    const http1::RequestHead& head = exchange.request;
    Reply& reply = exchange.reply;
    reply.status = kGood;
    reply.content_type.clear();
    reply.body.clear();
    if (head.method == "OPTIONS") return Verdict::Answer;
    reply.content_type = "message/http";
    // The bytes before the fields: the request line as it came.
    reply.body.assign(head.raw.data(), head.lines.data());
    for (std::size_t i = 0; i < head.field_count; ++i) {
      if (tells_the_way(head.fields[i].name)) reply.body += http1::line_of(head, i);
    }
    reply.body += http1::kHeadEnd;
    return Verdict::Answer;
  }
};

}  // namespace

std::unique_ptr<Filter> make_max_forwards_filter() {
  return std::make_unique<MaxForwardsFilter>();
}

}  // namespace sidecar
