// The vectors of the standards, and what an empty key and message do.
#include "crypto/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crypto {
namespace {

std::string bytes(std::uint8_t value, std::size_t count) {
  return std::string(count, static_cast<char>(value));
}

std::string text_of(std::string_view hexadecimal) {
  const auto parsed = from_hex(hexadecimal);
  EXPECT_TRUE(parsed.has_value());
  return std::string(parsed->begin(), parsed->end());
}

TEST(Sha256, GivesTheVectorsOfFips180) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(bytes('a', 1'000'000))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

struct Vector {
  const char* name;
  std::string key, data;
  const char* digest;
};

TEST(HmacSha256, GivesTheVectorsOfRfc4231) {
  const Vector vectors[] = {
      {"case 1", bytes(0x0B, 20), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"case 2", "Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"case 3", bytes(0xAA, 20), bytes(0xDD, 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"case 4", text_of("0102030405060708090a0b0c0d0e0f10111213141516171819"), bytes(0xCD, 50),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {"case 6", bytes(0xAA, 131), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {"case 7", bytes(0xAA, 131),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Vector& vector : vectors) {
    EXPECT_EQ(hex(hmac_sha256(vector.key, vector.data)), vector.digest) << vector.name;
  }
}

TEST(HmacSha256, AnEmptyKeyAndMessageAreAllowed) {
  EXPECT_EQ(hex(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(HmacSha256, SignsManyMessagesUnderOneKey) {
  Hmac hmac("Jefe");
  const Digest first = hmac.sign("one");
  EXPECT_EQ(first, hmac_sha256("Jefe", "one"));
  EXPECT_EQ(hmac.sign("two"), hmac_sha256("Jefe", "two"));
  EXPECT_EQ(hmac.sign("one"), first);
  Hmac moved = std::move(hmac);
  EXPECT_EQ(moved.sign("one"), first);
}

TEST(Equal, SeesEveryDifference) {
  const Digest a = sha256("a");
  Digest b = a;
  EXPECT_TRUE(equal(a, b));
  b[31] ^= 1U;
  EXPECT_FALSE(equal(a, b));
  EXPECT_FALSE(equal(a, std::span(a).first(31)));
  EXPECT_TRUE(equal({}, {}));
}

TEST(Hex, ReadsWhatItWrites) {
  const std::vector<std::uint8_t> all = {0x00, 0x01, 0x7F, 0x80, 0xFF};
  EXPECT_EQ(hex(all), "00017f80ff");
  EXPECT_EQ(from_hex("00017f80FF").value(), all);
}

TEST(Hex, RefusesWhatIsNoHex) {
  EXPECT_THAT(from_hex("abc").error().message, testing::HasSubstr("even number"));
  EXPECT_THAT(from_hex("0g").error().message, testing::HasSubstr("offset 1"));
}

}  // namespace
}  // namespace crypto
