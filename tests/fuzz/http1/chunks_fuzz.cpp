// Any bytes as a chunked body, in pieces whose size the first byte says: the same payload and end
// as in one piece, nothing taken behind the end, and payload that is read back when it is written.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http1/chunks.h"
#include "within.h"

namespace {

using http1::ChunkDecoder;
using http1::Parse;

struct Read {
  Parse state = Parse::More;
  std::size_t taken = 0;
  int status = 0;
  std::string payload;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, std::size_t piece) {
  http1::ChunkLimits limits;
  limits.extension_bytes = 64;
  limits.trailer_bytes = 256;
  limits.body_bytes = 1 << 20;
  ChunkDecoder decoder(limits);
  Read all;
  while (all.taken < bytes.size() && all.state == Parse::More) {
    const std::string_view input = bytes.substr(all.taken, piece);
    const ChunkDecoder::Step step = decoder.next(input);
    CHECK(step.taken > 0 && step.taken <= input.size());
    CHECK(http1::within(step.payload, input.substr(0, step.taken)));
    CHECK(step.state == Parse::More || step.payload.empty());
    all.payload += step.payload;
    all.taken += step.taken;
    all.state = step.state;
  }
  all.status = decoder.refusal().status;
  CHECK(decoder.payload_bytes() == all.payload.size());
  CHECK((all.status != 0) == (all.state == Parse::Refused));
  return all;
}

void check_written(const std::string& payload) {
  if (payload.empty()) return;
  std::array<char, 18> space;
  std::string text(http1::chunk_line(payload.size(), space));
  text += payload + "\r\n" + std::string(http1::kLastChunk);
  const Read again = read(text, text.size());
  CHECK(again.state == Parse::Done && again.taken == text.size() && again.payload == payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Read whole = read(bytes, bytes.size() + 1);
  CHECK(whole == read(bytes, data[0] % 16U + 1U));
  ChunkDecoder decoder;
  const ChunkDecoder::Step passed = decoder.pass(bytes);
  CHECK(passed.taken <= bytes.size());
  if (whole.state == Parse::Done) {
    CHECK(passed.state == Parse::Done && passed.taken == whole.taken);
    check_written(whole.payload);
  }
  return 0;
}
