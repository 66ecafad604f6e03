// Any bytes as a response, in pieces whose size the first byte says; the second chooses the method
// of the request.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http1/forward.h"
#include "http1/head.h"
#include "within.h"

namespace {

using http1::Parse;
using http1::ResponseHead;

void check_forwarded(const ResponseHead& head, std::string_view method) {
  http1::Pieces pieces;
  http1::forward_response(head, pieces);
  std::string text;
  for (std::size_t i = 0; i < pieces.count; ++i) text += pieces.at[i];
  text += http1::kHeadEnd;
  const bool kept = text == head.raw;
  CHECK(kept == http1::verbatim(head));
  if (head.status == 101) text.insert(text.size() - 2, "Connection: upgrade\r\n");
  ResponseHead again;
  http1::Refusal why;
  http1::Progress progress;
  const http1::Limits limits{20'000, 9000, http1::kFieldsMax, INT64_MAX};
  const Parse state = http1::parse_response(text, method, limits, progress, again, why);
  CHECK(state == Parse::Done && again.bytes == text.size() && again.minor == 1);
  CHECK(again.status == head.status && again.reason == head.reason);
  CHECK(again.body == head.body && again.length == head.length && again.upgrade == head.upgrade);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "CONNECT", "POST"};
  const std::size_t piece = data[0] + 1U;
  const std::string_view method = kMethods[data[1] % kMethods.size()];
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const http1::Limits limits;
  ResponseHead whole;
  http1::Refusal why;
  http1::Progress progress;
  const Parse state = http1::parse_response(bytes, method, limits, progress, whole, why);

  ResponseHead parts;
  http1::Progress by_pieces;
  Parse seen = Parse::More;
  std::string moved;
  for (std::size_t at = 0; at < bytes.size() && seen == Parse::More;) {
    at = std::min(at + piece, bytes.size());
    moved = std::string(bytes, 0, at);
    seen = http1::parse_response(moved, method, limits, by_pieces, parts, why);
  }
  CHECK(seen == state);
  if (state == Parse::Refused) CHECK(why.status == 502);
  if (state != Parse::Done) return 0;
  http1::check_head(whole, bytes);
  http1::check_head(parts, moved);
  CHECK(http1::same_fields(whole, parts) && whole.status == parts.status);
  CHECK(whole.status >= 100 && whole.status <= 599 && http1::within(whole.reason, whole.raw));
  check_forwarded(whole, method);
  return 0;
}
