#include "limit/sip_hash.h"

#include <bit>

namespace limit {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t sip_hash(const SipKey& key, std::span<const std::uint64_t> words) {
  State state{key.first ^ 0x736F'6D65'7073'6575U, key.second ^ 0x646F'7261'6E64'6F6DU,
              key.first ^ 0x6C79'6765'6E65'7261U, key.second ^ 0x7465'6462'7974'6573U};
  for (const std::uint64_t word : words) state.take(word);
  state.take(static_cast<std::uint64_t>(words.size() * 8 % 256) << 56U);
  state.v2 ^= 0xFFU;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace limit
