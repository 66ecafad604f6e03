// An incremental HTTP/1.1 response parser for probes: what a probe judges by and no more (status,
// some named headers, whether a text occurs in the body, when the message ends, whether
// the connection can be used again). Beast's parser builds a tree of every field; here a response
// that arrives whole is scanned once, in place, without an allocation.
// Framing is RFC 9112 §6: HEAD, 1xx, 204, 304 have no body; then chunked; then Content-Length; then
// until the connection closes. What contradicts itself (two lengths, length and chunked) is
// refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace net {

/// What to look out for. Lifetime: outlives the parser.
struct HttpExpectation {
  bool head = false;                    // the request was HEAD
  std::string body_contains;            // empty: not looked for
  std::vector<std::string> headers;     // names in lower case, whose values are kept
  std::vector<std::string> repeated{};  // the same, of which every one counts (Set-Cookie)
};

class HttpResponseParser {
 public:
  enum class State { More, Done, Broken };

  explicit HttpResponseParser(const HttpExpectation& expected);

  /// Takes the next bytes of the connection. After Done or Broken: reset() first. Bytes after the
  /// end of the message make it Broken: nothing was asked for.
  State feed(std::string_view bytes);
  /// The connection closed: Done where that ends the body, else Broken.
  State closed();
  void reset();

  unsigned status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  /// Anything of an answer was received.
  bool started() const { return started_; }
  bool found() const { return found_ || expected_.body_contains.empty(); }
  /// The value of expected.headers[index], empty when absent. At most 256 bytes are kept.
  const std::string& header(std::size_t index) const { return values_[index]; }
  /// The values of every header named expected.repeated[index], in order. One longer than 4,096
  /// bytes, and what comes after the 64th, is left out: a part of a cookie is none.
  const std::vector<std::string>& values(std::size_t index) const { return repeated_[index]; }

 private:
  enum class Part { Head, Length, ChunkSize, ChunkData, ChunkEnd, Trailer, UntilClose, End };

  bool take_head(std::string_view& bytes);
  bool parse_head(std::string_view head);
  bool parse_field(std::string_view line);
  bool choose_framing();
  bool take_body(std::string_view& bytes);
  bool take_line(std::string_view& bytes, std::string_view& line, bool& whole);
  bool chunk_size(std::string_view line);
  void keep_value(std::string_view name, std::string_view value);
  void search(std::string_view body);
  void clear_message();

  const HttpExpectation& expected_;
  Part part_ = Part::Head;
  std::string pending_;  // of a head or a chunk line that is not whole yet
  std::string tail_;     // the end of the body so far, for a text that spans two reads
  std::uint64_t left_ = 0;
  unsigned status_ = 0;
  bool started_ = false;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool has_length_ = false;
  bool found_ = false;
  std::size_t trailer_bytes_ = 0;
  std::vector<std::string> values_;
  std::vector<std::vector<std::string>> repeated_;
};

}  // namespace net
