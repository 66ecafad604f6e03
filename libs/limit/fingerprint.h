// What tells clients apart without keeping who they are: 64 bits of HMAC-SHA256, under a secret
// key, over the client's address, User-Agent, Accept-Language and X-Forwarded-For. Who does not
// have the key can neither go from a fingerprint back to an address nor choose two requests that
// share one. Where the key comes from is the edge's business; there is none by default.
//
// What is hashed begins with the lengths of its parts, so that no text can move from one part into
// the next. Several fields of X-Forwarded-For are what they are joined (RFC 9110 section 5.3).
//
// A fingerprint alone is no limit, since a client changes a header at will: its address has a
// bucket of its own (Subject::client), which is always asked first (limit/limiter.h).
//
// On a connection the headers are nearly always those of the request before. A FingerprintCache
// keeps what was hashed and compares it, byte by byte, instead of hashing it again.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/keyed_hmac.h"
#include "limit/address.h"
#include "limit/sip_hash.h"

namespace limit {

struct Fingerprint {
  std::uint64_t value = 0;
  bool operator==(const Fingerprint&) const = default;
};

/// The 16 lower-case hexadecimal characters that people see.
std::string text(Fingerprint fingerprint);

/// What a client is counted as: its bucket (an address, or /64), and the composite.
struct Subject {
  std::uint64_t client = 0;  // keyed hash of bucket_of(address)
  Fingerprint fingerprint;
};

class FingerprintKey {
 public:
  static constexpr std::size_t kBytesMin = 16;

  /// Errors: InvalidArgument for fewer than kBytesMin bytes: what can be guessed is no key.
  static base::Result<FingerprintKey> from(std::string_view secret);

 private:
  friend class Identifier;
  FingerprintKey(crypto::KeyedHmac hmac, SipKey places) : hmac_(hmac), places_(places) {}

  crypto::KeyedHmac hmac_;
  SipKey places_;
};

/// The parts of a request that identify its client; absent headers are empty.
struct Traits {
  Address client;
  std::string_view user_agent;
  std::string_view accept_language;
  std::span<const std::string_view> forwarded;  // the fields of X-Forwarded-For
};

/// What is hashed, in a buffer on the stack unless the headers are very long.
class TraitsMessage {
 public:
  explicit TraitsMessage(const Traits& traits);
  TraitsMessage(const TraitsMessage&) = delete;
  TraitsMessage& operator=(const TraitsMessage&) = delete;
  std::string_view bytes() const { return bytes_; }

 private:
  std::array<char, 1024> small_;  // not initialised: it is written before it is read
  std::string large_;
  std::string_view bytes_;
};

/// Thread: any number at once.
class Identifier {
 public:
  explicit Identifier(FingerprintKey key) : key_(key) {}

  Fingerprint fingerprint(const Traits& traits) const;
  /// The same for one IPv4 address or IPv6 /64, wherever the key is the same.
  std::uint64_t client_key(const Address& client) const;
  Subject subject(const Traits& traits) const;
  /// What tells apart whatever has a name, such as users: of one kind under one key the same
  /// everywhere. Never that of a request's traits.
  Fingerprint named(std::string_view kind, std::string_view name) const;

 private:
  friend class FingerprintCache;
  Fingerprint of(std::string_view message) const;

  FingerprintKey key_;
};

/// One per connection.
class FingerprintCache {
 public:
  /// As Identifier::subject, hashed again only where something differs from the call before.
  /// Lifetime: `identifier` is the same one at every call.
  const Subject& subject(const Identifier& identifier, const Traits& traits);
  /// That of the call before, which the next one very likely gives again.
  const Subject& last() const { return subject_; }

 private:
  static constexpr std::size_t kBytesMax = 480;

  Subject subject_;
  std::uint32_t size_ = 0;  // 0: nothing is kept
  std::array<char, kBytesMax> message_;
};

}  // namespace limit
