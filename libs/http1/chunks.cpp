#include "http1/chunks.h"

#include <algorithm>

#include "http1/grammar.h"

namespace http1 {
namespace {

constexpr unsigned kDigitsMax = 16;

/// Fields that frame, route, judge or authorise a message, or say how to read its content: too late
/// in a trailer, and dangerous to whoever merges trailers into the head. In the order of letters.
constexpr std::array<std::string_view, 37> kNotInTrailers = {"age",
                                                             "authorization",
                                                             "cache-control",
                                                             "connection",
                                                             "content-encoding",
                                                             "content-length",
                                                             "content-range",
                                                             "content-type",
                                                             "cookie",
                                                             "date",
                                                             "expect",
                                                             "expires",
                                                             "forwarded",
                                                             "host",
                                                             "if-match",
                                                             "if-modified-since",
                                                             "if-none-match",
                                                             "if-range",
                                                             "if-unmodified-since",
                                                             "keep-alive",
                                                             "location",
                                                             "max-forwards",
                                                             "pragma",
                                                             "proxy",
                                                             "proxy-authorization",
                                                             "proxy-connection",
                                                             "range",
                                                             "retry-after",
                                                             "set-cookie",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "vary",
                                                             "via",
                                                             "x-forwarded-for",
                                                             "x-forwarded-proto"};
static_assert(std::is_sorted(kNotInTrailers.begin(), kNotInTrailers.end()));

/// Case is gone in a variable's name, and so is what is neither a letter nor a digit.
char in_variable(char c) {
  const char small = grammar::lower(c);
  return (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') ? small : '-';
}

}  // namespace

void ChunkDecoder::refuse(int status, const char* why) {
  at_ = At::Refused;
  refusal_ = {status, why};
}

void ChunkDecoder::expect(char c, char wanted, At then, const char* why) {
  if (c != wanted) return refuse(400, why);
  at_ = then;
}

void ChunkDecoder::take_size(char c) {
  const int digit = grammar::hex(c);
  if (digit >= 0) {
    if (++digits_ > kDigitsMax) return refuse(400, "a chunk size of too many digits");
    left_ = left_ << 4U | static_cast<unsigned>(digit);
    at_ = At::Size;
  } else if (digits_ == 0) {
    refuse(400, "a chunk without a size");
  } else if (c == '\r') {
    at_ = At::SizeFeed;
  } else {
    take_extension(c);
  }
}

/// After the size: a semicolon, before which there may be blanks, and whatever is no control.
void ChunkDecoder::take_extension(char c) {
  if (c == '\r' && at_ == At::Extension) {
    at_ = At::SizeFeed;
  } else if (++extension_bytes_ > limits_.extension_bytes) {
    refuse(400, "chunk extensions that are too long");
  } else if (at_ == At::Extension) {
    if (grammar::control(c)) refuse(400, "a control in a chunk extension");
  } else if (c == ';') {
    at_ = At::Extension;
  } else if (grammar::blank(c)) {
    at_ = At::Blank;
  } else {
    refuse(400, "a chunk size that is no hexadecimal number");
  }
}

void ChunkDecoder::size_ended() {
  const std::uint64_t rest = limits_.body_bytes - std::min(limits_.body_bytes, payload_bytes_);
  digits_ = 0;
  if (left_ > INT64_MAX) return refuse(400, "a chunk size beyond 63 bits");
  if (left_ > rest) return refuse(413, "a body that is too long");
  at_ = left_ > 0 ? At::Data : At::TrailerStart;
}

void ChunkDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > limits_.trailer_bytes) return refuse(431, "trailers that are too long");
  if (at_ == At::TrailerValue) {
    if (c == '\r') {
      at_ = At::TrailerFeed;
    } else if (grammar::control(c)) {
      refuse(400, "a control in a trailer");
    }
  } else if (c == ':' && at_ == At::TrailerName) {
    name_ended();
  } else if (grammar::in(grammar::kToken, c)) {
    if (at_ == At::TrailerStart) name_bytes_ = 0;
    if (name_bytes_ < kNameKept) name_[name_bytes_] = grammar::lower(c);
    ++name_bytes_;
    at_ = At::TrailerName;
  } else {
    refuse(400, "a trailer that is no field");
  }
}

void ChunkDecoder::name_ended() {
  at_ = At::TrailerValue;
  if (name_bytes_ > kNameKept) return;
  const std::string_view name(name_.data(), name_bytes_);
  if (std::binary_search(kNotInTrailers.begin(), kNotInTrailers.end(), name) ||
      std::ranges::equal(name, limits_.refused_trailer, {}, in_variable, in_variable)) {
    refuse(400, "a field that may not be in a trailer");
  }
}

void ChunkDecoder::take(char c) {
  switch (at_) {
    case At::SizeStart:
    case At::Size: return take_size(c);
    case At::Blank:
    case At::Extension: return take_extension(c);
    case At::SizeFeed:
      expect(c, '\n', At::Data, "CR without LF after a chunk size");
      if (at_ == At::Data) size_ended();
      return;
    case At::DataEnd:
      return expect(c, '\r', At::DataFeed, "a chunk that does not end where its size says");
    case At::DataFeed: return expect(c, '\n', At::SizeStart, "a chunk that does not end in CRLF");
    case At::TrailerStart:
      if (c == '\r') {
        at_ = At::LastFeed;
        return;
      }
      return take_trailer(c);
    case At::TrailerName:
    case At::TrailerValue: return take_trailer(c);
    case At::TrailerFeed: return expect(c, '\n', At::TrailerStart, "CR without LF in a trailer");
    case At::LastFeed:
      return expect(c, '\n', At::Over, "CR without LF at the end of a chunked body");
    case At::Data:
    case At::Over:
    case At::Refused: return;
  }
}

ChunkDecoder::Step ChunkDecoder::next(std::string_view input) {
  Step step;
  while (step.taken < input.size() && at_ < At::Over) {
    if (at_ != At::Data) {
      take(input[step.taken++]);
      continue;
    }
    step.payload = input.substr(step.taken, std::min<std::uint64_t>(left_, input.size()));
    step.taken += step.payload.size();
    payload_bytes_ += step.payload.size();
    left_ -= step.payload.size();
    if (left_ == 0) at_ = At::DataEnd;
    return step;
  }
  if (at_ == At::Over) step.state = Parse::Done;
  if (at_ == At::Refused) step.state = Parse::Refused;
  return step;
}

ChunkDecoder::Step ChunkDecoder::pass(std::string_view input) {
  Step all;
  do {
    const Step step = next(input.substr(all.taken));
    all.taken += step.taken;
    all.state = step.state;
  } while (all.state == Parse::More && all.taken < input.size());
  return all;
}

std::string_view chunk_line(std::uint64_t bytes, std::span<char, 18> space) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t at = space.size();
  space[--at] = '\n';
  space[--at] = '\r';
  do {
    space[--at] = kDigits[bytes & 0xfU];
    bytes >>= 4U;
  } while (bytes > 0);
  return {space.data() + at, space.size() - at};
}

}  // namespace http1
