#include "sidecar/filter_traffic.h"

#include <algorithm>
#include <charconv>

#include "aio/clock.h"
#include "http1/head.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

constexpr std::size_t kTraceparentBytes = 55;  // 00-TRACE-SPAN-FLAGS

bool hex_number(std::string_view digits, std::uint64_t& out) {
  const auto lower = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::ranges::all_of(digits, lower)) return false;
  return std::from_chars(digits.data(), digits.data() + digits.size(), out, 16).ec == std::errc();
}

class TrafficFilter final : public Filter {
 public:
  TrafficFilter(traffic::Endpoints& endpoints, traffic::RequestShard& shard)
      : endpoints_(endpoints), shard_(shard) {}

  Hooks hooks() const override { return {.request = true, .end = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint) override {
    exchange.notes[kTrafficNote] = 1;
    shard_.begin();
    return Verdict::Forward;
  }

  void on_end(const Exchange& exchange, const Ending& ending) override {
    if (exchange.notes[kTrafficNote] == 0) shard_.begin();  // refused before any filter saw it
    const http1::RequestHead& head = exchange.request;
    traffic::Ended ended;
    ended.status = ending.status;
    ended.duration = duration_of(ending);
    ended.bytes_in = ending.bytes_in;
    ended.bytes_out = ending.bytes_out;
    if (const auto* field = http1::find(head, "traceparent"); field != nullptr) {
      ended.trace = sampled_trace(field->value);
      if (ended.trace.valid()) ended.at = aio::wall_now();
    }
    const bool answered = ending.how == Ended::Complete || ending.how == Ended::Upgraded;
    const traffic::EndpointId endpoint =
        answered ? endpoints_.learn(head.path, ending.status) : endpoints_.find(head.path);
    shard_.end(traffic::method_of(head.method), endpoint, ended);
  }

 private:
  /// A tunnel lives for as long as people look at a page; what its request took is its first byte.
  static base::Duration duration_of(const Ending& ending) {
    const bool tunnel = ending.how == Ended::Upgraded && ending.first_byte >= base::Duration(0);
    return tunnel ? ending.first_byte : ending.took;
  }

  traffic::Endpoints& endpoints_;
  traffic::RequestShard& shard_;
};

}  // namespace

traffic::TraceId sampled_trace(std::string_view traceparent) {
  traffic::TraceId out;
  std::uint64_t flags = 0;
  if (traceparent.size() < kTraceparentBytes || !traceparent.starts_with("00-") ||
      traceparent[35] != '-' || traceparent[52] != '-') {
    return {};
  }
  const bool numbers = hex_number(traceparent.substr(3, 16), out.high) &&
                       hex_number(traceparent.substr(19, 16), out.low) &&
                       hex_number(traceparent.substr(53, 2), flags);
  return numbers && (flags & 1U) != 0 ? out : traffic::TraceId{};
}

std::unique_ptr<Filter> make_traffic_filter(traffic::Endpoints& endpoints,
                                            traffic::RequestShard& shard) {
  return std::make_unique<TrafficFilter>(endpoints, shard);
}

}  // namespace sidecar
