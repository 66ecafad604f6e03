// What the messages of many clients begin with (limit/traits.h), hashed once: browsers of one
// version send the same User-Agent, and mostly the same Accept-Language. Two blocks of SHA-256 are
// then left of a fingerprint, whatever the length of those headers.
//
// A start is found by a hash of its texts and compared byte by byte, so the fingerprint is the same
// whether it is known or not. A set has four places. Which one a new start takes: the next that was
// not asked for since the hand came by, so that a flood of User-Agents mostly pushes out its own;
// at worst every request hashes its start anew, as if there were none of this. Memory is fixed, and
// not touched before it is used.
//
// Invariant: one object is used with one Identifier only. What is kept is wiped in the end.
// Thread: one at a time, so each has its own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "crypto/keyed_hmac.h"
#include "limit/traits.h"

namespace limit {

class KnownStarts {
 public:
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = 64;
  /// Of the two texts; longer ones are hashed each time.
  static constexpr std::size_t kTextMax = 336;

  KnownStarts();
  KnownStarts(const KnownStarts&) = delete;
  KnownStarts& operator=(const KnownStarts&) = delete;
  ~KnownStarts();

  /// As hmac.begin(TraitsStart(traits).bytes()). `seed`: secret, so that nobody picks places.
  crypto::KeyedHmac::Start of(const crypto::KeyedHmac& hmac, std::uint64_t seed,
                              const Traits& traits);
  /// How many starts were hashed.
  std::uint64_t hashed() const { return hashed_; }

 private:
  struct Known {
    crypto::KeyedHmac::Start start;
    std::uint32_t agent_size, language_size;
    std::array<char, kTextMax> text;

    bool is_of(const Traits& traits) const;
    void take(const Traits& traits);
  };
  struct Set {
    std::array<std::uint32_t, kWays> tags{};  // 0: the place is free
    std::uint8_t asked = 0;                   // bit: since the hand came by
    std::uint8_t hand = 0;
  };
  crypto::KeyedHmac::Start hashed(const crypto::KeyedHmac& hmac, const Traits& traits);
  static std::size_t next_place(Set& set);

  std::array<Set, kSets> sets_{};
  std::unique_ptr<Known[]> known_;  // not initialised: a tag says what is written
  std::uint64_t hashed_ = 0;
};

}  // namespace limit
