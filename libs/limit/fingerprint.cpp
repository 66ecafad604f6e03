#include "limit/fingerprint.h"

#include <fmt/format.h>

#include "limit/client.h"

namespace limit {
namespace {

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

Fingerprint Identifier::fingerprint(const Traits& traits) const {
  const crypto::KeyedHmac::Start start = key_.hmac_.begin(TraitsStart(traits).bytes());
  return {big_endian(key_.hmac_.sign(start, TraitsRest(traits).bytes()), 0)};
}

Fingerprint Identifier::fingerprint(const Traits& traits, KnownStarts& starts) const {
  const crypto::KeyedHmac::Start start = starts.of(key_.hmac_, key_.places_.first, traits);
  return {big_endian(key_.hmac_.sign(start, TraitsRest(traits).bytes()), 0)};
}

std::uint64_t Identifier::client_key(const Address& client) const {
  const Address bucket = bucket_of(client);
  const std::array<std::uint64_t, 2> words = {bucket.high, bucket.low};
  return sip_hash(key_.places_, words);
}

/// No message of traits begins with ff (limit/traits.h).
Fingerprint Identifier::named(std::string_view kind, std::string_view name) const {
  std::string message("\xFF");
  message.append(kind).append(1, '\0').append(name);
  return {big_endian(key_.hmac_.sign(message), 0)};
}

Subject Identifier::subject(const Traits& traits) const {
  return {client_key(traits.client), fingerprint(traits)};
}

Subject Identifier::subject(const Traits& traits, KnownStarts& starts) const {
  return {client_key(traits.client), fingerprint(traits, starts)};
}

const Subject& FingerprintCache::subject(const Identifier& identifier, KnownStarts& starts,
                                         const Traits& traits) {
  if (is_of(traits)) return subject_;
  subject_ = identifier.subject(traits, starts);
  keep(traits);
  return subject_;
}

bool FingerprintCache::is_of(const Traits& traits) const {
  if (!kept_ || client_ != traits.client || agent_size_ != traits.user_agent.size() ||
      language_size_ != traits.accept_language.size()) {
    return false;
  }
  TextReader read({text_.data(), text_size_});
  read(traits.user_agent);
  read(traits.accept_language);
  joined(traits.forwarded, [&read](std::string_view part) { read(part); });
  return read.same_to_the_end();
}

void FingerprintCache::keep(const Traits& traits) {
  const std::size_t size =
      traits.user_agent.size() + traits.accept_language.size() + joined_size(traits.forwarded);
  kept_ = size <= kTextMax;
  if (!kept_) return;
  client_ = traits.client;
  agent_size_ = static_cast<std::uint32_t>(traits.user_agent.size());
  language_size_ = static_cast<std::uint32_t>(traits.accept_language.size());
  text_size_ = static_cast<std::uint32_t>(size);
  TextWriter write(text_.data());
  write(traits.user_agent);
  write(traits.accept_language);
  joined(traits.forwarded, [&write](std::string_view part) { write(part); });
}

}  // namespace limit
