#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init, _Update, _Final: see the header
#include "crypto/keyed_hmac.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/check.h"

namespace crypto {
namespace {

constexpr std::size_t kBlock = KeyedHmac::kBlockBytes;
static_assert(kBlock == SHA256_CBLOCK);
constexpr std::size_t kLength = 8;  // the number of bits, with which a message ends
using Block = std::array<std::uint8_t, kBlock>;
using State = KeyedHmac::State;

/// The state after one block: the key, padded with zeros, each byte xor `pad`.
State after_block(const Block& key, std::uint8_t pad) {
  Block block{};
  std::transform(key.begin(), key.end(), block.begin(),
                 [pad](std::uint8_t byte) { return static_cast<std::uint8_t>(byte ^ pad); });
  SHA256_CTX context;
  CHECK(SHA256_Init(&context) == 1 && SHA256_Update(&context, block.data(), block.size()) == 1);
  CHECK(context.num == 0);
  State state{};
  std::copy(std::begin(context.h), std::end(context.h), state.begin());
  OPENSSL_cleanse(block.data(), block.size());
  OPENSSL_cleanse(&context, sizeof context);
  return state;
}

/// A context that has hashed so many bytes, whole blocks.
SHA256_CTX resume(const State& state, std::uint64_t bytes) {
  SHA256_CTX context;
  CHECK(SHA256_Init(&context) == 1);
  std::copy(state.begin(), state.end(), std::begin(context.h));
  context.Nl = static_cast<SHA_LONG>(bytes * 8);  // bits hashed so far
  context.Nh = static_cast<SHA_LONG>(bytes * 8 >> 32U);
  return context;
}

constexpr std::uint32_t big_endian(std::uint32_t word) {
  return std::endian::native == std::endian::big ? word : __builtin_bswap32(word);
}

/// Whole words, which the compiler moves many at a time: single bytes cost a fifth of a block.
Digest digest_of(const SHA256_CTX& context) {
  State words;
  std::transform(std::begin(context.h), std::end(context.h), words.begin(), big_endian);
  return std::bit_cast<Digest>(words);
}

/// The last block, of which `size` bytes are data: what SHA256_Final does, without its copies.
inline Digest finish_in_one(const State& state, std::uint64_t before, const void* data,
                            std::size_t size) {
  Block block{};
  if (size > 0) std::memcpy(block.data(), data, size);
  block[size] = 0x80;
  const std::uint64_t bits = (before + size) * 8;
  const std::array<std::uint32_t, 2> length = {big_endian(static_cast<std::uint32_t>(bits >> 32U)),
                                               big_endian(static_cast<std::uint32_t>(bits))};
  static_assert(sizeof length == kLength);
  std::memcpy(block.data() + kBlock - kLength, length.data(), kLength);
  SHA256_CTX context;
  std::copy(state.begin(), state.end(), std::begin(context.h));
  SHA256_Transform(&context, block.data());
  return digest_of(context);
}

/// Of what `state` has hashed and the data.
Digest finish(const State& state, std::uint64_t before, const void* data, std::size_t size) {
  if (size < kBlock - kLength) return finish_in_one(state, before, data, size);
  SHA256_CTX context = resume(state, before);
  Digest digest{};
  CHECK(SHA256_Update(&context, data, size) == 1 && SHA256_Final(digest.data(), &context) == 1);
  return digest;
}

}  // namespace

KeyedHmac::KeyedHmac(std::string_view key) {
  Block block{};
  if (key.size() > kBlock) {
    const Digest digest = sha256(key);
    std::copy(digest.begin(), digest.end(), block.begin());
  } else {
    std::transform(key.begin(), key.end(), block.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
  }
  inner_ = after_block(block, 0x36);
  outer_ = after_block(block, 0x5C);
  OPENSSL_cleanse(block.data(), block.size());
}

KeyedHmac::~KeyedHmac() {
  OPENSSL_cleanse(inner_.data(), sizeof inner_);
  OPENSSL_cleanse(outer_.data(), sizeof outer_);
}

void KeyedHmac::Start::wipe() {
  OPENSSL_cleanse(this, sizeof *this);
}

KeyedHmac::Start KeyedHmac::begin(std::string_view blocks) const {
  CHECK(blocks.size() % kBlock == 0);
  SHA256_CTX context = resume(inner_, kBlock);
  CHECK(SHA256_Update(&context, blocks.data(), blocks.size()) == 1);
  Start start{{}, blocks.size()};
  std::copy(std::begin(context.h), std::end(context.h), start.state.begin());
  return start;
}

Digest KeyedHmac::sign(const Start& start, std::string_view rest) const {
  const Digest inner = finish(start.state, kBlock + start.bytes, rest.data(), rest.size());
  return finish_in_one(outer_, kBlock, inner.data(), inner.size());
}

Digest KeyedHmac::sign(std::string_view data) const {
  return sign(Start{inner_, 0}, data);
}

}  // namespace crypto
