#include "limit/fingerprint.h"

#include <array>
#include <set>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/keyed_hmac.h"
#include "limit/header_order.h"

namespace limit {
namespace {

static_assert(!std::is_default_constructible_v<FingerprintKey>);
static_assert(!std::is_default_constructible_v<Identifier>);

constexpr const char* kSecret = "a key of this test, 32 bytes long";

Identifier identifier(std::string_view secret = kSecret) {
  return Identifier(FingerprintKey::from(secret).value());
}

Address v4(std::string_view text) {
  return parse_address(text).value();
}

std::uint64_t print(std::string_view agent, std::string_view language,
                    std::vector<std::string_view> forwarded = {},
                    const char* client = "192.0.2.1") {
  return identifier().fingerprint({v4(client), agent, language, forwarded}).value;
}

TEST(SipHash, GivesTheVectorsOfItsAuthors) {
  const SipKey key{0x0706'0504'0302'0100U, 0x0F0E'0D0C'0B0A'0908U};
  const std::array<std::uint64_t, 2> words = {0x0706'0504'0302'0100U, 0x0F0E'0D0C'0B0A'0908U};
  EXPECT_EQ(sip_hash(key, {}), 0x726F'DB47'DD0E'0E31U);
  EXPECT_EQ(sip_hash(key, std::span(words).first(1)), 0x93F5'F579'9A93'2462U);
  EXPECT_EQ(sip_hash(key, words), 0x3F2A'CC7F'57C2'9BDBU);
}

TEST(FingerprintKey, IsNeverOneThatCanBeGuessed) {
  EXPECT_FALSE(FingerprintKey::from(""));
  EXPECT_FALSE(FingerprintKey::from("fifteen bytes .").has_value());
  EXPECT_TRUE(FingerprintKey::from("sixteen bytes ..").has_value());
}

TEST(Fingerprint, IsTheStartOfHmacSha256OverLengthsAndParts) {
  std::string message(10, '\0');
  message += "\xFF\xFF";
  message += "\xC0";
  message += std::string("\x00\x02\x01", 3);
  for (const char length : {'\x05', '\x02', '\x07'}) message += std::string(3, '\0') + length;
  message += "agent";
  message += "de";
  message += "1.1.1.1";
  const crypto::Digest digest = crypto::hmac_sha256(kSecret, message);
  const auto ours = identifier().fingerprint(
      {v4("192.0.2.1"), "agent", "de", std::array<std::string_view, 1>{"1.1.1.1"}});
  EXPECT_EQ(text(ours), crypto::hex(digest).substr(0, 16));
  EXPECT_EQ(text(Fingerprint{0xAB}), "00000000000000ab");
}

TEST(Fingerprint, NoTextMovesFromOnePartIntoTheNext) {
  const std::set<std::uint64_t> all = {print("ab", "c"),
                                       print("a", "bc"),
                                       print("abc", ""),
                                       print("", "abc"),
                                       print("a", "b", {"c"}),
                                       print("a", "", {"bc"}),
                                       print("ab", "c", {"", ""}),
                                       print("ab", "c", {"", "x"}),
                                       print("ab", "c", {}, "192.0.2.2")};
  EXPECT_EQ(all.size(), 9u - 1u) << "empty fields are none, all else differs";
}

TEST(Fingerprint, SeveralFieldsAreWhatTheyAreJoined) {
  EXPECT_EQ(print("a", "b", {"1.1.1.1", "2.2.2.2"}), print("a", "b", {"1.1.1.1, 2.2.2.2"}));
  EXPECT_NE(print("a", "b", {"1.1.1.1", "2.2.2.2"}), print("a", "b", {"2.2.2.2", "1.1.1.1"}));
}

TEST(Fingerprint, LongHeadersCountToTheirEnd) {
  for (const std::size_t size : {400U, 990U, 1000U, 5000U, 60'000U}) {
    std::string agent(size, 'x');
    const std::uint64_t before = print(agent, "de");
    EXPECT_EQ(print(agent, "de"), before);
    agent.back() = 'y';
    EXPECT_NE(print(agent, "de"), before) << size;
  }
}

TEST(Fingerprint, DependsOnTheKey) {
  const Traits traits{v4("192.0.2.1"), "agent", "de", {}};
  const Identifier one = identifier(), other = identifier("another key, as long as is needed");
  EXPECT_NE(one.fingerprint(traits), other.fingerprint(traits));
  EXPECT_NE(one.client_key(traits.client), other.client_key(traits.client));
}

TEST(Fingerprint, OfANameIsOfItsKindAndKeyAndOfNoRequest) {
  const Identifier one = identifier();
  EXPECT_EQ(one.named("user", "ann"), identifier().named("user", "ann"));
  EXPECT_NE(one.named("user", "ann"), one.named("user", "bob"));
  EXPECT_NE(one.named("user", "ann"), one.named("client", "ann"));
  EXPECT_NE(one.named("user", "ann"),
            identifier("another key, also of 32 bytes ..").named("user", "ann"));
  const crypto::KeyedHmac hmac(kSecret);
  const auto digest = hmac.sign(std::string_view("\xFFuser\0ann", 9));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8U | digest[i];
  EXPECT_EQ(one.named("user", "ann").value, value);
}

TEST(ClientKey, IsThatOfTheBucket) {
  const Identifier one = identifier();
  EXPECT_EQ(one.client_key(v4("2001:db8:1:2::3")), one.client_key(v4("2001:db8:1:2:ffff::9")));
  EXPECT_NE(one.client_key(v4("2001:db8:1:2::3")), one.client_key(v4("2001:db8:1:3::3")));
  EXPECT_NE(one.client_key(v4("192.0.2.1")), one.client_key(v4("192.0.2.2")));
  EXPECT_EQ(one.client_key(v4("::ffff:192.0.2.1")), one.client_key(v4("192.0.2.1")));
}

TEST(FingerprintCache, GivesWhatHashingAgainWouldGive) {
  const Identifier one = identifier();
  FingerprintCache cache;
  base::Random random(3);
  const std::string agents[] = {
      "", "a", "b", std::string(450, 'x'), std::string(451, 'x'), std::string(2000, 'x')};
  const char* const languages[] = {"", "a", "de"};
  const std::vector<std::string_view> lists[] = {{}, {"1.1.1.1"}, {"1.1.1.1", "2.2.2.2"}};
  const char* const clients[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"};
  for (int i = 0; i < 20'000; ++i) {
    const Traits traits{v4(clients[random.below(4)]), agents[random.below(6)],
                        languages[random.below(3)], lists[random.below(3)]};
    const Subject fresh = one.subject(traits);
    const Subject& kept = cache.subject(one, traits);
    ASSERT_EQ(kept.fingerprint, fresh.fingerprint) << i;
    ASSERT_EQ(kept.client, fresh.client) << i;
  }
}

std::uint64_t order(std::initializer_list<std::string_view> names) {
  HeaderOrder order;
  for (const std::string_view one : names) order.add(one);
  return order.value();
}

TEST(HeaderOrder, TellsSoftwareApartAndNotRequests) {
  EXPECT_NE(order({"Host", "Accept"}), order({"Accept", "Host"}));
  EXPECT_NE(order({"Host", "Accept"}), order({"Host"}));
  EXPECT_NE(order({"ab", "c"}), order({"a", "bc"}));
  EXPECT_EQ(order({"HOST", "accept"}), order({"Host", "Accept"}));
  EXPECT_EQ(order({"Host", "Cookie", "Accept", "Referer", "X-Forwarded-Proto"}),
            order({"Host", "Accept"}));
}

}  // namespace
}  // namespace limit
