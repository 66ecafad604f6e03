#include "crypto/base64.h"

#include <array>

#include <gtest/gtest.h>

namespace crypto {
namespace {

TEST(Base64, HasTheVectorsOfTheStandard) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64_encode(plain), coded);
    std::array<char, 9> room;
    const std::string_view bytes(plain);
    EXPECT_EQ(base64_encode({reinterpret_cast<const unsigned char*>(plain), bytes.size()}, room),
              coded);
    EXPECT_EQ(base64_decode(coded).value_or("wrong"), plain);
  }
}

TEST(Base64, CarriesEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(base64_decode(base64_encode(all) + "\n").value_or(""), all);
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text :
       {"Zg", "Zg=", "Z===", "====", "Zm9v=", "Zm=v", "Zm 9v", "Zm9\xff", "-_-_"}) {
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace crypto
