#include "limit/known_starts.h"

#include <bit>
#include <cstring>

#include "limit/sip_hash.h"

namespace limit {
namespace {

constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15U;

std::uint64_t word_at(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// Places alone, so quick is enough: products of neighbouring words that do not wait for each
/// other. Source: the sums of NH in "UMAC: fast and secure message authentication" (CRYPTO 1999).
std::uint64_t place_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t sum = text.size();
  const auto add = [&](const char* from) {
    sum = std::rotl(sum, 9) + (word_at(from) + seed) * (word_at(from + 8) ^ kOdd);
  };
  const char* from = text.data();
  std::size_t left = text.size();
  for (; left > 16; left -= 16, from += 16) add(from);
  std::array<char, 16> last{};
  if (text.size() >= 16) {
    add(from + left - 16);
  } else if (left > 0) {
    std::memcpy(last.data(), from, left);
    add(last.data());
  }
  return spread(sum);
}

}  // namespace

KnownStarts::KnownStarts() : known_(std::make_unique_for_overwrite<Known[]>(kSets * kWays)) {}

KnownStarts::~KnownStarts() {
  for (std::size_t i = 0; i < kSets * kWays; ++i) {
    if (sets_[i / kWays].tags[i % kWays] != 0) known_[i].start.wipe();
  }
}

crypto::KeyedHmac::Start KnownStarts::hashed(const crypto::KeyedHmac& hmac, const Traits& traits) {
  ++hashed_;
  return hmac.begin(TraitsStart(traits).bytes());
}

std::size_t KnownStarts::next_place(Set& set) {
  for (;;) {
    const std::size_t way = set.hand;
    set.hand = static_cast<std::uint8_t>((way + 1) % kWays);
    const auto bit = static_cast<std::uint8_t>(1U << way);
    if ((set.asked & bit) == 0) return way;
    set.asked = static_cast<std::uint8_t>(set.asked & ~bit);
  }
}

bool KnownStarts::Known::is_of(const Traits& traits) const {
  if (agent_size != traits.user_agent.size() || language_size != traits.accept_language.size()) {
    return false;
  }
  TextReader read({text.data(), std::size_t{agent_size} + language_size});
  read(traits.user_agent);
  read(traits.accept_language);
  return read.same_to_the_end();
}

void KnownStarts::Known::take(const Traits& traits) {
  agent_size = static_cast<std::uint32_t>(traits.user_agent.size());
  language_size = static_cast<std::uint32_t>(traits.accept_language.size());
  TextWriter write(text.data());
  write(traits.user_agent);
  write(traits.accept_language);
}

crypto::KeyedHmac::Start KnownStarts::of(const crypto::KeyedHmac& hmac, std::uint64_t seed,
                                         const Traits& traits) {
  if (traits.user_agent.size() + traits.accept_language.size() > kTextMax) {
    return hashed(hmac, traits);
  }
  const std::uint64_t place =
      place_of(traits.user_agent, seed) ^ place_of(traits.accept_language, ~seed);
  Set& set = sets_[place % kSets];
  const auto tag = static_cast<std::uint32_t>(place >> 32U | 1U);
  Known* const known = &known_[place % kSets * kWays];
  unsigned alike = 0;  // all at once: which of four it is cannot be foretold
  for (std::size_t way = 0; way < kWays; ++way) alike |= unsigned{set.tags[way] == tag} << way;
  for (; alike != 0; alike &= alike - 1) {
    const auto way = static_cast<std::size_t>(std::countr_zero(alike));
    if (!known[way].is_of(traits)) continue;
    set.asked = static_cast<std::uint8_t>(set.asked | 1U << way);
    return known[way].start;
  }
  const std::size_t way = next_place(set);
  known[way].start = hashed(hmac, traits);
  known[way].take(traits);
  set.tags[way] = tag;
  return known[way].start;
}

}  // namespace limit
