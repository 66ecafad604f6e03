#include "crypto/certificate.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace crypto {
namespace {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* one) const {
    Free(one);
  }
};
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

constexpr long kVersion3 = 2;  // as it is encoded
constexpr int kSerialBytes = 16;

/// An encrypted key asks for its pass phrase; nobody is there to answer.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

Bio reading(std::string_view text) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<int>::max());
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(std::min(text.size(), kMost))));
  CHECK(bio != nullptr);
  return bio;
}

X509Ptr certificate_of(std::string_view pem) {
  X509Ptr out(PEM_read_bio_X509(reading(pem).get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();  // what is left in the queue would be taken for the next call's
  return out;
}

Key key_of(std::string_view pem) {
  Key out(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return out;
}

std::string text_of(BIO* bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio, &start);
  CHECK(size > 0);
  return {start, static_cast<std::size_t>(size)};
}

std::string text_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio.get());
}

std::string text_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  CHECK(bio != nullptr &&
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

std::time_t seconds_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

base::WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  // Beyond what nanoseconds of 64 bits hold: as far as they go.
  constexpr std::int64_t kMost = 9'223'372'036;
  return base::WallTime(base::seconds(std::clamp<std::int64_t>(timegm(&parts), -kMost, kMost)));
}

void set_serial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes{};
  CHECK(RAND_bytes(bytes.data(), kSerialBytes) == 1);
  bytes.front() &= 0x7fU;  // a serial number is positive
  const std::unique_ptr<BIGNUM, FreeBy<BN_free>> number(
      BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
  CHECK(number != nullptr &&
        BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void add(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  CHECK(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// With a key of its own, and nothing yet of what it is for.
X509Ptr blank(EVP_PKEY* key, const std::string& name, const Validity& validity) {
  X509Ptr out(X509_new());
  CHECK(out != nullptr && X509_set_version(out.get(), kVersion3) == 1);
  set_serial(out.get());
  CHECK(ASN1_TIME_set(X509_getm_notBefore(out.get()), seconds_of(validity.from)) != nullptr);
  CHECK(ASN1_TIME_set(X509_getm_notAfter(out.get()), seconds_of(validity.until)) != nullptr);
  CHECK(X509_set_pubkey(out.get(), key) == 1);
  CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                   0) == 1);
  return out;
}

Key new_key() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  CHECK(key != nullptr);
  return key;
}

}  // namespace

KeyPair make_authority(const std::string& name, const Validity& validity) {
  const Key key = new_key();
  const X509Ptr made = blank(key.get(), name, validity);
  CHECK(X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1);
  add(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add(made.get(), made.get(), NID_key_usage, "critical,keyCertSign");
  // Two authorities of one name are told apart by their keys.
  add(made.get(), made.get(), NID_subject_key_identifier, "hash");
  CHECK(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  return {text_of(made.get()), text_of(key.get())};
}

base::Result<KeyPair> make_server(const KeyPair& authority, const std::vector<std::string>& names,
                                  const Validity& validity) {
  const X509Ptr issuer = certificate_of(authority.certificate);
  const Key signer = key_of(authority.key);
  if (issuer == nullptr || signer == nullptr || !key_fits(authority) || names.empty()) {
    return base::fail(base::Code::InvalidArgument,
                      "an authority's certificate with its own key is needed, and a name");
  }
  const Key key = new_key();
  constexpr std::size_t kCommonNameMax = 64;
  const X509Ptr made = blank(key.get(), names.front().substr(0, kCommonNameMax), validity);
  CHECK(X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get())) == 1);
  add(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add(made.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  add(made.get(), issuer.get(), NID_ext_key_usage, "serverAuth");
  add(made.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  add(made.get(), issuer.get(), NID_subject_alt_name,
      fmt::format("DNS:{}", fmt::join(names, ",DNS:")));
  CHECK(X509_sign(made.get(), signer.get(), EVP_sha256()) > 0);
  return KeyPair{text_of(made.get()), text_of(key.get())};
}

base::Result<Certificate> read_certificate(std::string_view pem) {
  const X509Ptr read = certificate_of(pem);
  if (read == nullptr) {
    return base::fail(base::Code::InvalidArgument, "this is no certificate in PEM");
  }
  Certificate out;
  out.validity = {time_of(X509_get0_notBefore(read.get())),
                  time_of(X509_get0_notAfter(read.get()))};
  out.is_authority = X509_check_ca(read.get()) == 1;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(read.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(names.get(), i);
    if (one->type != GEN_DNS) continue;
    const ASN1_STRING* text = one->d.dNSName;
    out.names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  std::sort(out.names.begin(), out.names.end());
  ERR_clear_error();
  return out;
}

std::vector<std::string> certificates_in(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> out;
  while (true) {
    const std::size_t begin = pem.find(kBegin);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = pem.find(kEnd, begin);
    if (end == std::string_view::npos) return out;
    const X509Ptr read = certificate_of(pem.substr(begin, end + kEnd.size() - begin));
    if (read != nullptr) out.push_back(text_of(read.get()));
    pem.remove_prefix(end + kEnd.size());
  }
}

bool key_fits(const KeyPair& pair) {
  const X509Ptr certificate = certificate_of(pair.certificate);
  const Key key = key_of(pair.key);
  if (certificate == nullptr || key == nullptr) return false;
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool is_signed_by(std::string_view certificate, std::string_view authority) {
  const X509Ptr signed_one = certificate_of(certificate);
  const X509Ptr issuer = certificate_of(authority);
  if (signed_one == nullptr || issuer == nullptr) return false;
  // Names, key identifiers and what the issuer may do; then the signature.
  const bool good = X509_check_issued(issuer.get(), signed_one.get()) == X509_V_OK &&
                    X509_verify(signed_one.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace crypto
