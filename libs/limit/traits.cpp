#include "limit/traits.h"

#include "crypto/keyed_hmac.h"

namespace limit {
namespace {

constexpr std::size_t kBlock = crypto::KeyedHmac::kBlockBytes;
constexpr std::size_t kLengths = 2 * 4;
constexpr std::size_t kAddress = 2 * 8;

char* write_number(char* to, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) *to++ = static_cast<char>(value >> (i - 1) * 8 & 0xFFU);
  return to;
}

}  // namespace

std::size_t joined_size(std::span<const std::string_view> fields) {
  std::size_t size = 0;
  joined(fields, [&size](std::string_view part) { size += part.size(); });
  return size;
}

TraitsStart::TraitsStart(const Traits& traits) {
  const std::size_t used = kLengths + traits.user_agent.size() + traits.accept_language.size();
  const std::size_t size = (used + kBlock - 1) / kBlock * kBlock;
  char* to = room_.of(size);
  std::memset(to + size - kBlock, 0, kBlock);
  to = write_number(to, traits.user_agent.size(), 4);
  to = write_number(to, traits.accept_language.size(), 4);
  TextWriter write(to);
  write(traits.user_agent);
  write(traits.accept_language);
}

TraitsRest::TraitsRest(const Traits& traits) {
  char* to = room_.of(kAddress + joined_size(traits.forwarded));
  to = write_number(to, traits.client.high, 8);
  to = write_number(to, traits.client.low, 8);
  TextWriter write(to);
  joined(traits.forwarded, [&write](std::string_view part) { write(part); });
}

}  // namespace limit
