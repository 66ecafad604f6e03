#include "crypto/drill_signature.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace crypto {
namespace {

constexpr std::int64_t kThen = 1'700'000'000;
const std::string kSecret = "a key of these tests, 32 bytes it is";
const std::string kTarget = "/api/orders?customer=7";
// printf 'muster-drill v1\nfailover-17\n1700000000\nGET /api/orders?customer=7' |
//   openssl dgst -sha256 -hmac 'a key of these tests, 32 bytes it is'
const std::string kField =
    "v1;drill=failover-17;t=1700000000;"
    "mac=194af4f3920d11f4568b6837a9dfbd76c15b15cf0395c88cc731d32ea2ae9c9e";

base::WallTime at(std::int64_t seconds) {
  return base::WallTime(base::seconds(seconds));
}

DrillKey key() {
  return DrillKey::from(kSecret).value();
}

DrillSign check(const std::string& field, std::int64_t seconds = kThen) {
  return key().check(field, "GET", kTarget, at(seconds));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST(DrillKey, SignsAsAnotherProgramWould) {
  EXPECT_EQ(key().sign("failover-17", "GET", kTarget, at(kThen)), kField);
  EXPECT_EQ(DrillKey::from("sixteen bytes ..")->sign("a", "POST", "/", at(0)),
            "v1;drill=a;t=0;mac=1df26a9d82a53a8b72a79dd8ef8a94c0fb9b9595d5fa33509d386d91a90e284a");
  EXPECT_EQ(key().sign("failover-17", "GET", kTarget, at(kThen) + base::millis(999)), kField);
}

TEST(DrillKey, IsNeverOneThatCanBeGuessed) {
  EXPECT_FALSE(DrillKey::from("").has_value());
  EXPECT_FALSE(DrillKey::from("fifteen bytes .").has_value());
  EXPECT_FALSE(DrillKey::from("fifteen bytes .\n\n").has_value());
  EXPECT_TRUE(DrillKey::from("sixteen bytes ..").has_value());
}

TEST(DrillKey, HasNoLineEndsBehindIt) {
  const DrillKey same = DrillKey::from(kSecret + "\n\n").value();
  EXPECT_EQ(same.sign("failover-17", "GET", kTarget, at(kThen)), kField);
}

TEST(DrillKey, ASignatureIsGoodForItsRequestAndAMinuteEitherWay) {
  EXPECT_EQ(check(kField), DrillSign::Good);
  EXPECT_EQ(check(kField, kThen + 60), DrillSign::Good);
  EXPECT_EQ(check(kField, kThen - 60), DrillSign::Good);
  EXPECT_EQ(check(kField, kThen + 61), DrillSign::Untimely);
  EXPECT_EQ(check(kField, kThen - 61), DrillSign::Untimely);
  EXPECT_EQ(key().check(kField, "GET", kTarget, base::WallTime::min()), DrillSign::Untimely);
  EXPECT_EQ(key().check(kField, "GET", kTarget, base::WallTime::max()), DrillSign::Untimely);
}

TEST(DrillKey, NothingThatIsSignedCanBeChanged) {
  EXPECT_EQ(check(replaced(kField, "failover-17", "failover-18")), DrillSign::Wrong);
  EXPECT_EQ(check(replaced(kField, "1700000000", "1700000001")), DrillSign::Wrong);
  EXPECT_EQ(check(replaced(kField, "v1;", "v2;")), DrillSign::Malformed);
  EXPECT_EQ(key().check(kField, "POST", kTarget, at(kThen)), DrillSign::Wrong);
  EXPECT_EQ(key().check(kField, "get", kTarget, at(kThen)), DrillSign::Wrong);
  EXPECT_EQ(key().check(kField, "GET", "/api/orders?customer=8", at(kThen)), DrillSign::Wrong);
  EXPECT_EQ(key().check(kField, "GET", "/api/orders", at(kThen)), DrillSign::Wrong);
  const DrillKey other = DrillKey::from("another key, also of 32 bytes ..").value();
  EXPECT_EQ(other.check(kField, "GET", kTarget, at(kThen)), DrillSign::Wrong);
}

TEST(DrillKey, EveryDigitOfTheMacCounts) {
  for (std::size_t i = kField.size() - 64; i < kField.size(); ++i) {
    std::string field = kField;
    field[i] = field[i] == '0' ? '1' : '0';
    EXPECT_EQ(check(field), DrillSign::Wrong) << i;
  }
}

TEST(DrillKey, ThereIsOneWayToWriteAField) {
  const std::string mac = kField.substr(kField.size() - 64);
  std::string upper = kField;
  upper[kField.size() - 63] = 'A';
  const std::vector<std::string> wrong = {"",
                                          "v1",
                                          kField + " ",
                                          " " + kField,
                                          kField + ";",
                                          kField + "0",
                                          kField.substr(0, kField.size() - 1),
                                          upper,
                                          replaced(kField, "v1;", "v1; "),
                                          replaced(kField, "v1;", "V1;"),
                                          replaced(kField, "v1;", ""),
                                          replaced(kField, "failover-17", ""),
                                          replaced(kField, "failover-17", "fail over"),
                                          replaced(kField, "failover-17", "a;t=1"),
                                          replaced(kField, "failover-17", std::string(254, 'a')),
                                          replaced(kField, "1700000000", ""),
                                          replaced(kField, "1700000000", "01700000000"),
                                          replaced(kField, "1700000000", "+1700000000"),
                                          replaced(kField, "1700000000", "-1"),
                                          replaced(kField, "1700000000", "1700000000.0"),
                                          replaced(kField, "1700000000", "1700000000000"),
                                          "v1;t=1700000000;drill=failover-17;mac=" + mac,
                                          kField + ", " + kField};
  for (const std::string& field : wrong) {
    EXPECT_EQ(check(field), DrillSign::Malformed) << field;
    EXPECT_FALSE(parse_drill_field(field)) << field;
  }
  const auto claim = parse_drill_field(kField);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->drill, "failover-17");
  EXPECT_EQ(claim->seconds, kThen);
  EXPECT_EQ(hex(claim->mac), mac);
  EXPECT_EQ(drill_field(*claim), kField);
}

TEST(DrillKey, NamesAreThoseOfDrills) {
  EXPECT_TRUE(is_drill_name("20261127-105012-Shop_1.a"));
  EXPECT_TRUE(is_drill_name(std::string(253, 'a')));
  for (const char* name : {"", "a b", "a\nb", "a;b", "a/b", "\xC3\xA4"}) {
    EXPECT_FALSE(is_drill_name(name)) << name;
  }
  EXPECT_FALSE(is_drill_name(std::string(254, 'a')));
}

}  // namespace
}  // namespace crypto
