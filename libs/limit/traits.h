// The parts of a request that identify its client, and the message that is signed of them. It
// begins with what many clients have in common, in whole blocks, so that the state after those can
// be kept (limit/known_starts.h); what is each client's own comes after:
//   start  lengths of User-Agent and Accept-Language (4 bytes each), the two texts, zeros up to a
//          whole block of SHA-256
//   rest   the client's address (16 bytes), X-Forwarded-For up to the end
// The lengths tell where the start's texts end, and with them where the start does, so no text can
// move from one part into the next. Several fields of X-Forwarded-For are what they are joined (RFC
// 9110 section 5.3). No message begins with ff: a header is no 4 GiB long.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "limit/address.h"

namespace limit {

/// Absent headers are empty.
struct Traits {
  Address client;
  std::string_view user_agent;
  std::string_view accept_language;
  std::span<const std::string_view> forwarded;  // the fields of X-Forwarded-For
};

/// The texts of which several fields of one list are joined, each in its turn.
template <typename Take>
void joined(std::span<const std::string_view> fields, Take take) {
  bool begun = false;
  for (const std::string_view field : fields) {
    if (begun) take(std::string_view(", "));
    take(field);
    begun = begun || !field.empty();
  }
}

std::size_t joined_size(std::span<const std::string_view> fields);

/// Bytes on the stack unless they are very many. They are written before they are read.
template <std::size_t kSmall>
class Room {
 public:
  Room() = default;
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  char* of(std::size_t size) {
    char* to = small_.data();
    if (size > kSmall) {
      large_.resize(size);
      to = large_.data();
    }
    bytes_ = std::string_view(to, size);
    return to;
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::array<char, kSmall> small_;  // not initialised
  std::string large_;
  std::string_view bytes_;
};

class TraitsStart {
 public:
  explicit TraitsStart(const Traits& traits);
  std::string_view bytes() const { return room_.bytes(); }

 private:
  Room<768> room_;
};

class TraitsRest {
 public:
  explicit TraitsRest(const Traits& traits);
  std::string_view bytes() const { return room_.bytes(); }

 private:
  Room<256> room_;
};

/// Writes at a place that has room enough.
class TextWriter {
 public:
  explicit TextWriter(char* to) : to_(to) {}
  void operator()(std::string_view part) {
    if (!part.empty()) std::memcpy(to_, part.data(), part.size());
    to_ += part.size();
  }

 private:
  char* to_;
};

/// Compares piece by piece with what a TextWriter wrote.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : left_(text) {}
  void operator()(std::string_view part) {
    same_ = same_ && left_.starts_with(part);
    if (same_) left_.remove_prefix(part.size());
  }
  bool same_to_the_end() const { return same_ && left_.empty(); }

 private:
  std::string_view left_;
  bool same_ = true;
};

}  // namespace limit
