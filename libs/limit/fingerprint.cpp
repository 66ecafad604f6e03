#include "limit/fingerprint.h"

#include <cstring>

#include <fmt/format.h>

#include "limit/client.h"

namespace limit {
namespace {

constexpr std::string_view kJoint = ", ";
constexpr std::size_t kHead = 16 + 3 * 4;  // the address and three lengths

std::size_t forwarded_size(const Traits& traits) {
  std::size_t size = 0;
  for (const std::string_view field : traits.forwarded) {
    size += field.size() + (size > 0 ? kJoint.size() : 0);
  }
  return size;
}

/// Writes at a place that has room enough.
class Writer {
 public:
  explicit Writer(char* to) : to_(to) {}

  void number(std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
      *to_++ = static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
    }
  }
  void text(std::string_view part) {
    if (!part.empty()) std::memcpy(to_, part.data(), part.size());
    to_ += part.size();
  }

 private:
  char* to_;
};

void write(const Traits& traits, std::size_t forwarded, char* to) {
  Writer writer(to);
  writer.number(traits.client.high, 8);
  writer.number(traits.client.low, 8);
  for (const std::size_t size :
       {traits.user_agent.size(), traits.accept_language.size(), forwarded}) {
    writer.number(size, 4);
  }
  writer.text(traits.user_agent);
  writer.text(traits.accept_language);
  bool first = true;
  for (const std::string_view field : traits.forwarded) {
    if (!first) writer.text(kJoint);
    writer.text(field);
    first = first && field.empty();
  }
}

std::uint64_t big_endian(const crypto::Digest& digest, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8U | digest[at + i];
  return value;
}

}  // namespace

std::string text(Fingerprint fingerprint) {
  return fmt::format("{:016x}", fingerprint.value);
}

base::Result<FingerprintKey> FingerprintKey::from(std::string_view secret) {
  if (secret.size() < kBytesMin) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("a fingerprint key of {} bytes can be guessed: at least {}",
                                  secret.size(), kBytesMin));
  }
  const crypto::KeyedHmac hmac(secret);
  // No message of a request is this short, so the places say nothing about fingerprints.
  const crypto::Digest places = hmac.sign("places");
  return FingerprintKey(hmac, {big_endian(places, 0), big_endian(places, 8)});
}

TraitsMessage::TraitsMessage(const Traits& traits) {
  const std::size_t forwarded = forwarded_size(traits);
  const std::size_t size =
      kHead + traits.user_agent.size() + traits.accept_language.size() + forwarded;
  char* to = small_.data();
  if (size > small_.size()) {
    large_.resize(size);
    to = large_.data();
  }
  write(traits, forwarded, to);
  bytes_ = std::string_view(to, size);
}

Fingerprint Identifier::of(std::string_view message) const {
  return {big_endian(key_.hmac_.sign(message), 0)};
}

Fingerprint Identifier::fingerprint(const Traits& traits) const {
  return of(TraitsMessage(traits).bytes());
}

std::uint64_t Identifier::client_key(const Address& client) const {
  const Address bucket = bucket_of(client);
  const std::array<std::uint64_t, 2> words = {bucket.high, bucket.low};
  return sip_hash(key_.places_, words);
}

/// A message of traits begins with the address of a client, and none begins with ff: those are of
/// groups (RFC 4291, 2.7).
Fingerprint Identifier::named(std::string_view kind, std::string_view name) const {
  std::string message("\xFF");
  message.append(kind).append(1, '\0').append(name);
  return of(message);
}

Subject Identifier::subject(const Traits& traits) const {
  return {client_key(traits.client), fingerprint(traits)};
}

const Subject& FingerprintCache::subject(const Identifier& identifier, const Traits& traits) {
  const TraitsMessage message(traits);
  const std::string_view bytes = message.bytes();
  if (bytes.size() == size_ && std::memcmp(bytes.data(), message_.data(), size_) == 0) {
    return subject_;
  }
  subject_ = {identifier.client_key(traits.client), identifier.of(bytes)};
  const bool kept = bytes.size() <= kBytesMax;
  size_ = kept ? static_cast<std::uint32_t>(bytes.size()) : 0;
  if (kept) std::memcpy(message_.data(), bytes.data(), bytes.size());
  return subject_;
}

}  // namespace limit
