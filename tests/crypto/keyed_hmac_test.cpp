// The same digests as crypto::Hmac gives, whose vectors are RFC 4231's, at every length at which a
// block begins or ends.
#include "crypto/keyed_hmac.h"

#include <string>

#include <gtest/gtest.h>

namespace crypto {
namespace {

TEST(KeyedHmac, GivesTheVectorsOfRfc4231) {
  EXPECT_EQ(hex(KeyedHmac(std::string(20, '\x0B')).sign("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(KeyedHmac(std::string(131, '\xAA'))
                    .sign("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(KeyedHmac, AgreesWithHmacAtEveryLength) {
  for (const std::size_t key_size : {0U, 1U, 31U, 63U, 64U, 65U, 200U}) {
    const std::string key(key_size, 'k');
    const KeyedHmac keyed(key);
    for (std::size_t size = 0; size < 200; ++size) {
      const std::string data(size, 'd');
      ASSERT_EQ(keyed.sign(data), hmac_sha256(key, data)) << key_size << " and " << size;
    }
  }
}

TEST(KeyedHmac, OneMessageLeavesNothingForTheNext) {
  const KeyedHmac keyed("Jefe");
  const Digest first = keyed.sign("one");
  EXPECT_NE(keyed.sign("two"), first);
  EXPECT_EQ(keyed.sign("one"), first);
}

}  // namespace
}  // namespace crypto
