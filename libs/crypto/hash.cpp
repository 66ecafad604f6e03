#include "crypto/hash.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"

namespace crypto {
namespace {

const unsigned char* bytes_of(std::string_view data) {
  // OpenSSL takes bytes as unsigned char, the rest of the world as char.
  return reinterpret_cast<const unsigned char*>(data.data());
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Digest sha256(std::string_view data) {
  Digest digest{};
  unsigned int length = 0;
  CHECK(EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  CHECK(length == digest.size());
  return digest;
}

Digest sha256(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  for (const std::string_view part : parts) {
    CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  }
  Digest digest{};
  unsigned int length = 0;
  CHECK(EVP_DigestFinal_ex(context, digest.data(), &length) == 1);
  EVP_MD_CTX_free(context);
  CHECK(length == digest.size());
  return digest;
}

struct Hmac::Context {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* keyed = EVP_MAC_CTX_new(mac);

  Context() { CHECK(mac != nullptr && keyed != nullptr); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() {
    EVP_MAC_CTX_free(keyed);
    EVP_MAC_free(mac);
  }
};

Hmac::Hmac(std::string_view key) : context_(std::make_unique<Context>()) {
  char name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0),
                               OSSL_PARAM_construct_end()};
  // A null key means "keep the one before": an empty key needs an address.
  const unsigned char* start = key.empty() ? bytes_of("") : bytes_of(key);
  CHECK(EVP_MAC_init(context_->keyed, start, key.size(), params) == 1);
}

Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;
Hmac::~Hmac() = default;

Digest Hmac::sign(std::string_view data) {
  EVP_MAC_CTX* context = EVP_MAC_CTX_dup(context_->keyed);
  CHECK(context != nullptr);
  Digest digest{};
  std::size_t length = 0;
  const bool done = EVP_MAC_update(context, bytes_of(data), data.size()) == 1 &&
                    EVP_MAC_final(context, digest.data(), &length, digest.size()) == 1;
  EVP_MAC_CTX_free(context);
  CHECK(done && length == digest.size());
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view data) {
  return Hmac(key).sign(data);
}

bool equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

base::Result<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{} hexadecimal digits: an even number is needed", text.size()));
  }
  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = digit(text[at]);
    const int low = digit(text[at + 1]);
    if (high < 0 || low < 0) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("no hexadecimal digit at offset {}", high < 0 ? at : at + 1));
    }
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

}  // namespace crypto
