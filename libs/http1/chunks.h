// Where a chunked body ends and which of its bytes are payload, found in pieces of any size and
// without keeping any of them: a proxy passes the bytes on as they are and must know the end to the
// byte. The other end decodes the same bytes with a parser of its own, so nothing is accepted that
// two parsers could read in two ways: bare LF or CR, a size with a sign, a prefix or blanks, a size
// beyond 63 bits, payload that is not followed by CRLF.
//
// Extensions are passed over within a bound for the whole body. Trailers are held to the grammar of
// fields; those that would change how the message is framed, routed or trusted are refused (RFC
// 9110, 6.5.1), since some servers merge them into the head.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http1/head.h"

namespace http1 {

/// What is too much, of a whole body. Units: bytes.
struct ChunkLimits {
  std::size_t extension_bytes = 4096;    // of all chunks together; more: 400
  std::size_t trailer_bytes = 8192;      // more: 431
  std::uint64_t body_bytes = INT64_MAX;  // payload; more: 413
  /// A field, of 64 characters at most, that may not be in a trailer either: whatever a program
  /// that makes variables of fields could take for it, as CGI does. Lifetime: it outlives the
  /// decoder.
  std::string_view refused_trailer{};
};

class ChunkDecoder {
 public:
  explicit ChunkDecoder(const ChunkLimits& limits = {}) : limits_(limits) {}

  struct Step {
    Parse state = Parse::More;
    std::size_t taken = 0;     // bytes of the input that belong to the body
    std::string_view payload;  // one run of payload among them; may be empty
  };

  /// Takes input up to the end of the next run of payload, the end of the body or of the input. To
  /// be called until the input is taken or the state is not More.
  Step next(std::string_view input);

  /// Takes all of the input that belongs to the body, for those who pass it on as it is; the
  /// payload is counted and not shown.
  Step pass(std::string_view input);

  /// Why the body was refused: 400, 413 or 431.
  const Refusal& refusal() const { return refusal_; }
  /// Payload so far. Units: bytes.
  std::uint64_t payload_bytes() const { return payload_bytes_; }

 private:
  // SizeStart -> Size -> {Blank, Extension} -> SizeFeed -> Data -> DataEnd -> DataFeed ->
  // SizeStart; after size 0: TrailerStart -> {TrailerName -> TrailerValue -> TrailerFeed ->
  // TrailerStart, LastFeed -> Over}
  enum class At : std::uint8_t {
    SizeStart,     // the first digit
    Size,          // more digits
    Blank,         // blanks before an extension
    Extension,     // up to CR
    SizeFeed,      // the LF after the size
    Data,          // payload
    DataEnd,       // the CR after it
    DataFeed,      // the LF after that
    TrailerStart,  // a trailer's first character, or the CR of the last line
    TrailerName,
    TrailerValue,
    TrailerFeed,  // the LF after a trailer
    LastFeed,     // the LF that ends the body
    Over,
    Refused
  };

  void take(char c);
  void take_size(char c);
  void take_extension(char c);
  void take_trailer(char c);
  void size_ended();
  void name_ended();
  void expect(char c, char wanted, At then, const char* why);
  void refuse(int status, const char* why);

  static constexpr std::size_t kNameKept = 64;

  ChunkLimits limits_;
  At at_ = At::SizeStart;
  std::uint64_t left_ = 0;  // of the chunk
  unsigned digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::size_t name_bytes_ = 0;
  std::array<char, kNameKept> name_{};  // of the trailer being read, in lower case
  Refusal refusal_;
};

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// Writes the line before a chunk of this many bytes, which are followed by CRLF; not for 0.
/// Lifetime: the result lies in `space`.
std::string_view chunk_line(std::uint64_t bytes, std::span<char, 18> space);

}  // namespace http1
