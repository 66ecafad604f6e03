#include "sidecar/filter_request_id.h"

#include <algorithm>

#include "sidecar/hex.h"

namespace sidecar {
namespace {

constexpr std::string_view kName = "X-Request-ID";
constexpr std::size_t kLengthMax = 128;

bool harmless(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~+/=:@").find(c) != std::string_view::npos;
}

class RequestIdFilter final : public Filter {
 public:
  explicit RequestIdFilter(std::uint64_t seed) : random_(seed) {}
  Hooks hooks() const override { return {.request = true, .response = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint) override {
    http1::RequestHead& request = exchange.request;
    const http1::Field* field = http1::find(request, kName);
    const bool only = field != nullptr && http1::find(request, kName, field) == nullptr;
    if (only && valid_request_id(field->value)) {
      exchange.request_id.assign(field->value);
      return Verdict::Forward;
    }
    for (; field != nullptr; field = http1::find(request, kName, field)) {
      request.drop.set(static_cast<std::size_t>(field - request.fields.data()));
    }
    append_hex(exchange.request_id, random_, 2);
    exchange.to_upstream.add(kName, exchange.request_id);
    return Verdict::Forward;
  }

  void on_response(Exchange& exchange) override {
    if (exchange.request_id.empty()) append_hex(exchange.request_id, random_, 2);
    if (http1::find(*exchange.response, kName) != nullptr) return;
    exchange.to_client.add(kName, exchange.request_id);
  }

 private:
  base::Random random_;
};

}  // namespace

bool valid_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kLengthMax && std::ranges::all_of(text, harmless);
}

std::unique_ptr<Filter> make_request_id_filter(std::uint64_t seed) {
  return std::make_unique<RequestIdFilter>(seed);
}

}  // namespace sidecar
