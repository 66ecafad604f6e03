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

TEST(KeyedHmac, GoesOnFromAStartAsIfItHadHashedAll) {
  const std::string key(20, 'k');
  const KeyedHmac keyed(key);
  std::string data(64 * 6, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7);
  for (const std::size_t blocks : {0U, 1U, 2U, 5U}) {
    const auto start = keyed.begin(std::string_view(data).substr(0, blocks * 64));
    for (std::size_t size = blocks * 64; size <= data.size(); ++size) {
      const std::string_view whole = std::string_view(data).substr(0, size);
      ASSERT_EQ(keyed.sign(start, whole.substr(blocks * 64)), hmac_sha256(key, whole))
          << blocks << " of " << size;
    }
  }
}

TEST(KeyedHmac, CountsTheBitsOfALongStart) {
  // 2^29 bytes are 2^32 bits: the upper half of the number of bits is needed.
  const KeyedHmac keyed("Jefe");
  auto start = keyed.begin(std::string(64, 'a'));
  const Digest near = keyed.sign(start, "rest");
  start.bytes += std::uint64_t{1} << 29U;
  const Digest far = keyed.sign(start, "rest");
  EXPECT_NE(far, near);
  const std::string more(100, 'r');
  start.bytes -= std::uint64_t{1} << 29U;
  const Digest long_near = keyed.sign(start, more);
  start.bytes += std::uint64_t{1} << 29U;
  EXPECT_NE(keyed.sign(start, more), long_near);
}

TEST(KeyedHmac, AWipedStartIsNone) {
  auto start = KeyedHmac("Jefe").begin(std::string(64, 'a'));
  start.wipe();
  EXPECT_EQ(start.state, KeyedHmac::State{});
  EXPECT_EQ(start.bytes, 0u);
}

TEST(KeyedHmac, OneMessageLeavesNothingForTheNext) {
  const KeyedHmac keyed("Jefe");
  const Digest first = keyed.sign("one");
  EXPECT_NE(keyed.sign("two"), first);
  EXPECT_EQ(keyed.sign("one"), first);
}

}  // namespace
}  // namespace crypto
