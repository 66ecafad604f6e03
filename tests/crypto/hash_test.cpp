#include "crypto/hash.h"

#include <gtest/gtest.h>

namespace crypto {
namespace {

// FIPS 180-4 examples.
TEST(Hash, Sha256MatchesTheStandard) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1, 2, 3, 6 and 7.
TEST(Hash, HmacMatchesRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(
      hex(hmac_sha256(std::string(131, '\xaa'),
                      "This is a test using a larger than block-size key and a larger than "
                      "block-size data. The key needs to be hashed before being used by the HMAC "
                      "algorithm.")),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(Hash, EmptyKeysAndTextsAreTaken) {
  EXPECT_EQ(hex(hmac_sha256(std::string_view(), std::string_view())),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hash, HexRoundTripsAndRefusesOthers) {
  const std::vector<std::uint8_t> bytes{0, 1, 0x7f, 0x80, 0xff};
  EXPECT_EQ(hex(bytes), "00017f80ff");
  EXPECT_EQ(from_hex("00017F80ff").value(), bytes);
  EXPECT_TRUE(from_hex("")->empty());
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex("-1"));
}

TEST(Hash, EqualLooksAtEveryByte) {
  const Digest a = sha256("a");
  Digest b = a;
  EXPECT_TRUE(equal(a, b));
  b.back() ^= 1;
  EXPECT_FALSE(equal(a, b));
  EXPECT_FALSE(equal(a, std::span(b).first(31)));
}

}  // namespace
}  // namespace crypto
