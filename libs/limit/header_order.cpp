#include "limit/header_order.h"

#include <algorithm>
#include <array>

#include "limit/letters.h"
#include "limit/sip_hash.h"

namespace limit {
namespace {

constexpr std::array<std::string_view, 22> kOfTheRequest = {"authorization",
                                                            "content-encoding",
                                                            "content-length",
                                                            "content-type",
                                                            "cookie",
                                                            "expect",
                                                            "forwarded",
                                                            "if-match",
                                                            "if-modified-since",
                                                            "if-none-match",
                                                            "if-range",
                                                            "if-unmodified-since",
                                                            "origin",
                                                            "range",
                                                            "referer",
                                                            "traceparent",
                                                            "tracestate",
                                                            "transfer-encoding",
                                                            "via",
                                                            "x-forwarded-for",
                                                            "x-real-ip",
                                                            "x-request-id"};

bool of_the_request(std::string_view name) {
  return starts_with_letters(name, "x-forwarded-") ||
         std::any_of(kOfTheRequest.begin(), kOfTheRequest.end(),
                     [name](std::string_view one) { return same_letters(name, one); });
}

}  // namespace

void HeaderOrder::add(std::string_view name) {
  if (of_the_request(name)) return;
  for (const char c : name) {
    state_ = (state_ ^ static_cast<unsigned char>(lower(c))) * 0x0000'0100'0000'01B3U;
  }
  state_ = spread(state_ ^ name.size() << 56U);  // where one name ends and the next begins
}

std::uint64_t HeaderOrder::value() const {
  return spread(state_);
}

}  // namespace limit
