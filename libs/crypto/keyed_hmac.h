// HMAC-SHA256 for the path of a request: one key, very many short messages, several threads.
//
// crypto::Hmac duplicates an EVP context per message, which allocates and costs more than the
// digest itself. Here the key's two blocks are hashed once and only the sixteen words of the two
// states are kept; a message starts from a copy of them, on the stack. The compression function is
// OpenSSL's own (SHA256_Update, deprecated since 3.0 and in every 3.x), so what the processor can
// do is used. Where a FIPS provider must be the one that signs, crypto::Hmac is the one to take.
//
// Where many messages begin with the same whole blocks, the state after those (a Start) can be kept
// too: the digest is the same, of the rest alone. A Start signs nothing without the key's other
// state, and does not lead back to the key; who keeps one wipes it all the same.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/hash.h"

namespace crypto {

class KeyedHmac {
 public:
  static constexpr std::size_t kBlockBytes = 64;
  using State = std::array<std::uint32_t, 8>;

  /// The key and whole blocks of a message, hashed. Plain memory, so that many lie side by side.
  struct Start {
    State state;
    std::uint64_t bytes;  // of the message
    void wipe();
  };

  /// Keys of any length; the key itself is not kept. Source: RFC 2104, FIPS 198-1.
  explicit KeyedHmac(std::string_view key);
  KeyedHmac(const KeyedHmac&) = default;
  KeyedHmac& operator=(const KeyedHmac&) = default;
  /// Wipes the states, which are as good as the key.
  ~KeyedHmac();

  /// Thread: any number at once. Nothing is allocated.
  Digest sign(std::string_view data) const;

  /// `blocks`: a multiple of kBlockBytes. Thread: any number at once.
  Start begin(std::string_view blocks) const;
  /// That of `start`'s blocks and the rest, one after the other. Thread: any number at once.
  Digest sign(const Start& start, std::string_view rest) const;

 private:
  State inner_{};
  State outer_{};
};

}  // namespace crypto
