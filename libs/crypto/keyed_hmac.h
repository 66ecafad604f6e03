// HMAC-SHA256 for the path of a request: one key, very many short messages, several threads.
//
// crypto::Hmac duplicates an EVP context per message, which allocates and costs more than the
// digest itself. Here the key's two blocks are hashed once and only the sixteen words of the two
// states are kept; a message starts from a copy of them, on the stack. The compression function is
// OpenSSL's own (SHA256_Update, deprecated since 3.0 and in every 3.x), so what the processor can
// do is used. Where a FIPS provider must be the one that signs, crypto::Hmac is the one to take.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/hash.h"

namespace crypto {

class KeyedHmac {
 public:
  /// Keys of any length; the key itself is not kept. Source: RFC 2104, FIPS 198-1.
  explicit KeyedHmac(std::string_view key);
  KeyedHmac(const KeyedHmac&) = default;
  KeyedHmac& operator=(const KeyedHmac&) = default;
  /// Wipes the states, which are as good as the key.
  ~KeyedHmac();

  /// Thread: any number at once. Nothing is allocated.
  Digest sign(std::string_view data) const;

 private:
  using State = std::array<std::uint32_t, 8>;
  State inner_{};
  State outer_{};
};

}  // namespace crypto
