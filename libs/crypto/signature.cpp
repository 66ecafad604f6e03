#include "crypto/signature.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace crypto {
namespace {

const unsigned char* bytes_of(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// An encrypted key asks for its pass phrase; nobody is there to answer.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

}  // namespace

struct SigningKey::Key {
  std::unique_ptr<EVP_PKEY, FreeKey> pkey;
};

SigningKey::SigningKey(std::unique_ptr<Key> key) : key_(std::move(key)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SigningKey SigningKey::generate() {
  auto key = std::make_unique<Key>();
  key->pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  CHECK(key->pkey != nullptr);
  return SigningKey(std::move(key));
}

base::Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CHECK(bio != nullptr);
  auto key = std::make_unique<Key>();
  key->pkey.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (key->pkey == nullptr) {
    return base::fail(base::Code::InvalidArgument,
                      "this is no private key in PEM, or it is encrypted");
  }
  if (EVP_PKEY_is_a(key->pkey.get(), "ED25519") != 1) {
    return base::fail(base::Code::InvalidArgument, "this is no Ed25519 key");
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::to_pem() const {
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_secmem()));
  CHECK(bio != nullptr);
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_->pkey.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1);
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &start);
  CHECK(size > 0);
  return {start, static_cast<std::size_t>(size)};
}

PublicKey SigningKey::public_key() const {
  PublicKey out{};
  std::size_t size = out.size();
  CHECK(EVP_PKEY_get_raw_public_key(key_->pkey.get(), out.data(), &size) == 1);
  CHECK(size == out.size());
  return out;
}

Signature SigningKey::sign(std::string_view data) const {
  const Context context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  Signature out{};
  std::size_t size = out.size();
  CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), out.data(), &size, bytes_of(data), data.size()) == 1);
  CHECK(size == out.size());
  return out;
}

bool verify(const PublicKey& key, const Signature& signature, std::string_view data) {
  const std::unique_ptr<EVP_PKEY, FreeKey> pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  if (pkey == nullptr) return false;
  const Context context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(data),
                          data.size()) == 1;
}

std::string key_id(const PublicKey& key) {
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  constexpr std::size_t kDigits = 16;
  return hex(sha256(bytes)).substr(0, kDigits);
}

base::Result<PublicKey> public_key_from_hex(std::string_view text) {
  PublicKey out{};
  if (text.size() != 2 * out.size()) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("a public key is {} hexadecimal digits, these are {}",
                                  2 * out.size(), text.size()));
  }
  TRY(const auto bytes, from_hex(text));
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace crypto
