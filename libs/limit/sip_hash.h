// SipHash-2-4: a keyed hash that is quick for a few bytes, for the places of clients in tables.
// Without a secret key whoever owns many addresses picks those that share a place and pushes others
// out of it. Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012.
#pragma once

#include <cstdint>
#include <span>

namespace limit {

struct SipKey {
  std::uint64_t first;
  std::uint64_t second;
};

/// Of whole words, each as its eight bytes in little-endian order.
std::uint64_t sip_hash(const SipKey& key, std::span<const std::uint64_t> words);

/// Spreads the bits of a number that is secret or hashed already, one to one. Source: the finaliser
/// of splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
constexpr std::uint64_t spread(std::uint64_t value) {
  value = (value ^ value >> 30U) * 0xBF58'476D'1CE4'E5B9U;
  value = (value ^ value >> 27U) * 0x94D0'49BB'1331'11EBU;
  return value ^ value >> 31U;
}

}  // namespace limit
