// Any bytes as a request, in pieces whose size the first byte says: the same answer as in one
// piece, views that lie in the buffer, and a forwarded head that is read as the same request.
#include <algorithm>
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
using http1::RequestHead;

std::string joined(const http1::Pieces& pieces) {
  std::string text;
  for (std::size_t i = 0; i < pieces.count; ++i) text += pieces.at[i];
  return text + std::string(http1::kHeadEnd);
}

void check_forwarded(RequestHead& head) {
  if (head.host.empty()) head.host = "upstream";
  http1::Pieces pieces;
  http1::forward_request(head, pieces);
  const std::string text = joined(pieces);
  const bool kept = text == head.raw;
  CHECK(kept == http1::verbatim(head));
  RequestHead again;
  http1::Refusal why;
  http1::Progress progress;
  // Host may be added, and the version lengthens nothing.
  const http1::Limits limits{20'000, 9000, http1::kFieldsMax, INT64_MAX};
  const Parse state = http1::parse_request(text, limits, progress, again, why);
  if (state == Parse::Refused && why.status == 431 && head.field_count == http1::kFieldsMax) return;
  CHECK(state == Parse::Done && again.bytes == text.size());
  CHECK(again.path == head.path && again.query == head.query && again.host == head.host);
  CHECK(again.body == head.body && again.length == head.length);
  CHECK(again.expects_continue == head.expects_continue);
  CHECK(again.minor == 1 && again.form != http1::Form::Absolute);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = data[0] + 1U;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const http1::Limits limits;
  RequestHead whole;
  http1::Refusal why;
  http1::Progress progress;
  const Parse state = http1::parse_request(bytes, limits, progress, whole, why);

  RequestHead parts;
  http1::Refusal also_why;
  http1::Progress by_pieces;
  Parse seen = Parse::More;
  std::string moved;  // of the bytes so far, each time at a place of its own
  for (std::size_t at = 0; at < bytes.size() && seen == Parse::More;) {
    at = std::min(at + piece, bytes.size());
    moved = std::string(bytes, 0, at);
    seen = http1::parse_request(moved, limits, by_pieces, parts, also_why);
    CHECK(seen != Parse::More || by_pieces.looked == at || at <= 1);
  }
  CHECK(seen == state);
  if (state == Parse::Refused) {
    CHECK(why.status >= 400 && why.status <= 505 && why.status == also_why.status);
  }
  if (state != Parse::Done) return 0;
  http1::check_head(whole, bytes);
  http1::check_head(parts, moved);
  CHECK(http1::same_fields(whole, parts) && whole.path == parts.path && whole.host == parts.host);
  CHECK(http1::within(whole.path, whole.target) || whole.path == "/" || whole.path == "*");
  CHECK(http1::within(whole.host, whole.raw) && http1::within(whole.query, whole.target));
  CHECK(whole.body != http1::Body::UntilClose);
  check_forwarded(whole);
  return 0;
}
