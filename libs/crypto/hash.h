// Digests over OpenSSL's EVP interface: SHA-256 for identities and hash chains, HMAC-SHA256 for the
// rows of the ledger: a row that this drill did not write, or that was changed, is `corrupt`.
// Checksums of files (a torn write is found, nothing more) are CRC-32C and live in store.
//
// OpenSSL can only fail here for want of memory; that ends the process (CHECK), because a drill
// that cannot sign must not go on.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crypto {

using Digest = std::array<std::uint8_t, 32>;

/// Source: FIPS 180-4.
Digest sha256(std::string_view data);

/// Of the parts, one after the other, without copying them together.
Digest sha256(std::initializer_list<std::string_view> parts);

/// Keys of any length. Source: RFC 2104.
Digest hmac_sha256(std::string_view key, std::string_view data);

/// One key, many messages: the key schedule is done once.
/// Thread: one at a time.
class Hmac {
 public:
  explicit Hmac(std::string_view key);
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;
  ~Hmac();
  Digest sign(std::string_view data);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Compares in constant time; different lengths are unequal.
bool equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

/// Lower case.
std::string hex(std::span<const std::uint8_t> bytes);
/// Errors: InvalidArgument: an odd number of digits, a character that is no hexadecimal digit.
base::Result<std::vector<std::uint8_t>> from_hex(std::string_view text);

}  // namespace crypto
