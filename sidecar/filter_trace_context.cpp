#include "sidecar/filter_trace_context.h"

#include <algorithm>

#include "sidecar/hex.h"

namespace sidecar {
namespace {

constexpr std::string_view kParent = "traceparent";
constexpr std::string_view kState = "tracestate";
constexpr std::size_t kLength = 55;  // 00-<32>-<16>-<2>

bool hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

void leave_out(http1::RequestHead& request, std::string_view name) {
  for (const auto* field = http1::find(request, name); field != nullptr;
       field = http1::find(request, name, field)) {
    request.drop.set(static_cast<std::size_t>(field - request.fields.data()));
  }
}

class TraceContextFilter final : public Filter {
 public:
  TraceContextFilter(bool make, std::uint64_t seed) : make_(make), random_(seed) {}
  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint) override {
    http1::RequestHead& request = exchange.request;
    const http1::Field* parent = http1::find(request, kParent);
    if (parent != nullptr) {
      const bool only = http1::find(request, kParent, parent) == nullptr;
      if (only && valid_traceparent(parent->value)) return Verdict::Forward;
      leave_out(request, kParent);
      leave_out(request, kState);
    }
    if (make_) make(exchange);
    return Verdict::Forward;
  }

 private:
  void make(Exchange& exchange) {
    text_.assign("00-");
    append_hex(text_, random_, 2);
    text_.push_back('-');
    append_hex(text_, random_, 1);
    text_.append("-01");
    exchange.to_upstream.add(kParent, text_);
  }

  bool make_;
  base::Random random_;
  std::string text_;
};

}  // namespace

bool valid_traceparent(std::string_view text) {
  if (text.size() < kLength) return false;
  const std::string_view version = text.substr(0, 2);
  if (!hex(version) || version == "ff") return false;
  if (version == "00" ? text.size() != kLength : text.size() > kLength && text[kLength] != '-') {
    return false;
  }
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  return text[2] == '-' && text[35] == '-' && text[52] == '-' && hex(trace) && !zero(trace) &&
         hex(span) && !zero(span) && hex(text.substr(53, 2));
}

std::unique_ptr<Filter> make_trace_context_filter(bool make, std::uint64_t seed) {
  return std::make_unique<TraceContextFilter>(make, seed);
}

}  // namespace sidecar
