// Ed25519 as its standard says, and keys that come back from disk.
#include "crypto/signature.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "crypto/hash.h"

namespace crypto {
namespace {

template <class T>
T bytes_of(const char* digits) {
  const auto bytes = from_hex(digits);
  T out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

// The second vector of section 7.1: one byte is signed.
constexpr const char* kPublic = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr const char* kSignature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

TEST(Ed25519, VerifiesTheVectorOfRfc8032) {
  const auto key = bytes_of<PublicKey>(kPublic);
  const auto signature = bytes_of<Signature>(kSignature);
  EXPECT_TRUE(verify(key, signature, "\x72"));
  EXPECT_FALSE(verify(key, signature, "\x73"));
  EXPECT_FALSE(verify(key, signature, ""));
}

TEST(Ed25519, SignsTheVectorOfRfc8032) {
  const auto key = SigningKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(key.has_value()) << key.error().message;
  EXPECT_EQ(hex(key->public_key()), kPublic);
  EXPECT_EQ(hex(key->sign("\x72")), kSignature);
}

TEST(Ed25519, AKeyThatWasWrittenSignsTheSame) {
  const SigningKey key = SigningKey::generate();
  const auto again = SigningKey::from_pem(key.to_pem());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_EQ(again->sign("evidence"), key.sign("evidence"));
  EXPECT_TRUE(verify(key.public_key(), key.sign("evidence"), "evidence"));
  const SigningKey other = SigningKey::generate();
  EXPECT_FALSE(verify(other.public_key(), key.sign("evidence"), "evidence"));
  EXPECT_NE(key_id(other.public_key()), key_id(key.public_key()));
  EXPECT_EQ(key_id(key.public_key()).size(), 16U);
}

TEST(Ed25519, RefusesWhatIsNoKey) {
  EXPECT_FALSE(SigningKey::from_pem("").has_value());
  EXPECT_FALSE(SigningKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n").has_value());
  EXPECT_FALSE(public_key_from_hex("00").has_value());
  EXPECT_FALSE(public_key_from_hex(std::string(64, 'g')).has_value());
  EXPECT_TRUE(public_key_from_hex(std::string(64, 'a')).has_value());
}

TEST(Sha256, OfPartsIsThatOfTheWhole) {
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
  EXPECT_EQ(sha256({}), sha256(""));
}

}  // namespace
}  // namespace crypto
