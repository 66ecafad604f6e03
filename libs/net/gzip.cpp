#include "net/gzip.h"

#include <algorithm>
#include <array>
#include <optional>
#include <zlib.h>

#include "base/check.h"

namespace net {

namespace {
constexpr int kGzip = 16 + MAX_WBITS;  // zlib's way to say that it is gzip and not zlib
constexpr int kMemory = 8;
constexpr std::size_t kStep = 16U << 10U;

/// zlib reads what it is given, and says otherwise in its types.
void feed(z_stream& stream, std::string_view bytes) {
  // NOLINTNEXTLINE(*-const-cast,*-reinterpret-cast)
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
}

Bytef* bytes_of(std::array<char, kStep>& step) {
  return reinterpret_cast<Bytef*>(step.data());  // NOLINT(*-reinterpret-cast)
}

/// A stream that unpacks, and its end.
struct Inflater {
  z_stream stream{};
  Inflater() { CHECK(inflateInit2(&stream, kGzip) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// "q=0", "q=0.000".
bool is_refusal(std::string_view parameters) {
  const std::size_t at = parameters.find('=');
  if (at == std::string_view::npos || !same(trimmed(parameters.substr(0, at)), "q")) return false;
  const std::string_view weight = trimmed(parameters.substr(at + 1));
  return weight.find_first_not_of("0.") == std::string_view::npos;
}
}  // namespace

std::string gzip(std::string_view content) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::string out(deflateBound(&stream, content.size()), '\0');
  feed(stream, content);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT(*-reinterpret-cast)
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

base::Result<std::string> gunzip(std::string_view packed, std::size_t bytes_max,
                                 std::size_t* unpacked) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  feed(stream, packed);
  std::string out;
  std::array<char, kStep> step;
  int state = Z_OK;
  do {
    if (state == Z_STREAM_END && inflateReset(&stream) != Z_OK) break;
    stream.next_out = bytes_of(step);
    stream.avail_out = kStep;
    state = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = kStep - stream.avail_out;
    if (unpacked != nullptr) *unpacked = out.size() + got;
    if (out.size() + got > bytes_max) {
      return base::fail(base::Code::ResourceExhausted,
                        "unpacked it is more than " + std::to_string(bytes_max) + " bytes");
    }
    out.append(step.data(), got);
  } while (state == Z_OK || (state == Z_STREAM_END && stream.avail_in > 0));
  if (state == Z_STREAM_END) return out;
  return base::fail(base::Code::InvalidArgument, "no gzip, or not all of it");
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named, any;
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    const std::string_view one = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
    const std::size_t semicolon = one.find(';');
    const std::string_view coding = trimmed(one.substr(0, semicolon));
    const bool taken =
        semicolon == std::string_view::npos || !is_refusal(trimmed(one.substr(semicolon + 1)));
    if (same(coding, "gzip") || same(coding, "x-gzip")) named = taken;
    if (coding == "*") any = taken;
  }
  return named.value_or(any.value_or(false));
}

}  // namespace net
