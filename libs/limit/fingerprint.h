// What tells clients apart without keeping who they are: 64 bits of HMAC-SHA256, under a secret
// key, over the client's address, User-Agent, Accept-Language and X-Forwarded-For. Who does not
// have the key can neither go from a fingerprint back to an address nor choose two requests that
// share one. Where the key comes from is the edge's business; there is none by default.
//
// What is signed is the message of limit/traits.h. Its start is the same for many clients and need
// not be hashed for each (limit/known_starts.h).
//
// A fingerprint alone is no limit, since a client changes a header at will: its address has a
// bucket of its own (Subject::client), which is always asked first (limit/limiter.h).
//
// On a connection the headers are nearly always those of the request before. A FingerprintCache
// keeps what it was made of and compares that, byte by byte, instead of hashing it again.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/keyed_hmac.h"
#include "limit/address.h"
#include "limit/known_starts.h"
#include "limit/sip_hash.h"
#include "limit/traits.h"

namespace limit {

struct Fingerprint {
  std::uint64_t value = 0;
  bool operator==(const Fingerprint&) const = default;
};

/// The 16 lower-case hexadecimal characters that people see.
std::string text(Fingerprint fingerprint);

enum class Bucket : std::uint8_t { Client, Fingerprint };

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

/// Thread: any number at once.
class Identifier {
 public:
  explicit Identifier(FingerprintKey key) : key_(key) {}

  Fingerprint fingerprint(const Traits& traits) const;
  /// The same for one IPv4 address or IPv6 /64, wherever the key is the same.
  std::uint64_t client_key(const Address& client) const;
  Subject subject(const Traits& traits) const;
  /// The same, without hashing what `starts` knows, which are those of this identifier alone.
  Fingerprint fingerprint(const Traits& traits, KnownStarts& starts) const;
  Subject subject(const Traits& traits, KnownStarts& starts) const;
  /// What tells apart whatever has a name, such as users: of one kind under one key the same
  /// everywhere. Never that of a request's traits.
  Fingerprint named(std::string_view kind, std::string_view name) const;

 private:
  FingerprintKey key_;
};

/// One per connection.
class alignas(64) FingerprintCache {
 public:
  /// As Identifier::subject, hashed again only where something differs from the call before.
  /// Lifetime: `identifier` and `starts` are the same ones at every call.
  const Subject& subject(const Identifier& identifier, KnownStarts& starts, const Traits& traits);
  /// That of the call before, which the next one very likely gives again.
  const Subject& last() const { return subject_; }

 private:
  static constexpr std::size_t kTextMax = 396;

  bool is_of(const Traits& traits) const;
  void keep(const Traits& traits);

  Subject subject_;
  Address client_;
  std::uint32_t agent_size_ = 0;
  std::uint32_t language_size_ = 0;
  std::uint32_t text_size_ = 0;  // of all texts
  bool kept_ = false;
  std::array<char, kTextMax> text_;  // not initialised: User-Agent, Accept-Language, the list
};

}  // namespace limit
