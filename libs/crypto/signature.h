// Ed25519 signatures (RFC 8032) over OpenSSL: what makes evidence somebody's. Ed25519, because a
// signature is 64 bytes and the same every time, no random number can leak the key, and every
// OpenSSL since 1.1.1 verifies it years later with one command.
//
// A private key exists in memory as a SigningKey and on disk as PKCS #8 in PEM, and in no other
// form; where the file lies and who may read it is for the runner to say (runner/signing_key.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crypto {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
 public:
  static SigningKey generate();
  /// PKCS #8. Errors: InvalidArgument: no PEM, not Ed25519, encrypted. Never a byte of the key.
  static base::Result<SigningKey> from_pem(std::string_view pem);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  std::string to_pem() const;
  PublicKey public_key() const;
  Signature sign(std::string_view data) const;

 private:
  struct Key;
  explicit SigningKey(std::unique_ptr<Key> key);
  std::unique_ptr<Key> key_;
};

/// Whether the holder of this key signed exactly these bytes.
bool verify(const PublicKey& key, const Signature& signature, std::string_view data);

/// A short name for people: 16 hexadecimal digits of the key's SHA-256. Trust compares whole keys.
std::string key_id(const PublicKey& key);

/// Errors: InvalidArgument: not 64 hexadecimal digits, lower case.
base::Result<PublicKey> public_key_from_hex(std::string_view text);

}  // namespace crypto
