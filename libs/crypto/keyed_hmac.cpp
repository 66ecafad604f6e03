#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init, _Update, _Final: see the header
#include "crypto/keyed_hmac.h"

#include <algorithm>
#include <iterator>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/check.h"

namespace crypto {
namespace {

constexpr std::size_t kBlock = SHA256_CBLOCK;
using Block = std::array<std::uint8_t, kBlock>;
using State = std::array<std::uint32_t, 8>;

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

/// A context that has hashed exactly the block of `state`.
SHA256_CTX resume(const State& state) {
  SHA256_CTX context;
  CHECK(SHA256_Init(&context) == 1);
  std::copy(state.begin(), state.end(), std::begin(context.h));
  context.Nl = kBlock * 8;  // bits hashed so far
  return context;
}

Digest finish(SHA256_CTX& context, const void* data, std::size_t size) {
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

Digest KeyedHmac::sign(std::string_view data) const {
  SHA256_CTX inner = resume(inner_);
  const Digest digest = finish(inner, data.data(), data.size());
  SHA256_CTX outer = resume(outer_);
  return finish(outer, digest.data(), digest.size());
}

}  // namespace crypto
