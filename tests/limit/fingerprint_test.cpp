#include "limit/fingerprint.h"

#include <array>
#include <set>
#include <string>
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

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
  return out;
}

/// The message of limit/traits.h, written as it is described there.
std::string message_of(const Traits& traits) {
  std::string message = number(traits.user_agent.size(), 4);
  message += number(traits.accept_language.size(), 4);
  message.append(traits.user_agent).append(traits.accept_language);
  while (message.size() % 64 != 0) message += '\0';
  message += number(traits.client.high, 8) + number(traits.client.low, 8);
  std::string list;
  for (const std::string_view field : traits.forwarded) {
    if (!list.empty()) list += ", ";
    list += field;
  }
  return message + list;
}

std::string hmac_of(const Traits& traits) {
  return crypto::hex(crypto::hmac_sha256(kSecret, message_of(traits))).substr(0, 16);
}

TEST(Fingerprint, IsTheStartOfHmacSha256OverLengthsAndParts) {
  // Replicas of other versions have to come to the same number, so it is told in bytes once.
  std::string message = std::string("\x00\x00\x00\x05\x00\x00\x00\x02", 8) + "agentde";
  message += std::string(64 - message.size(), '\0');
  message += std::string(10, '\0') + "\xFF\xFF\xC0" + std::string("\x00\x02\x01", 3) + "1.1.1.1";
  const std::array<std::string_view, 1> forwarded = {"1.1.1.1"};
  const Traits traits{v4("192.0.2.1"), "agent", "de", forwarded};
  ASSERT_EQ(message_of(traits), message);
  const crypto::Digest digest = crypto::hmac_sha256(kSecret, message);
  EXPECT_EQ(text(identifier().fingerprint(traits)), crypto::hex(digest).substr(0, 16));
  EXPECT_EQ(text(Fingerprint{0xAB}), "00000000000000ab");
}

/// Headers of every length about the ends of blocks and of buffers, from a small alphabet, so that
/// some come again and others differ in one letter.
class Drawn {
 public:
  explicit Drawn(std::uint64_t seed) : random_(seed) {}
  Traits next() {
    static constexpr std::array<std::size_t, 12> kSizes = {0,  1,  15,  16,  17,  47,
                                                           55, 56, 100, 111, 336, 900};
    agent_.assign(kSizes[random_.below(kSizes.size())], 'a');
    if (!agent_.empty() && random_.chance(0.7)) {
      agent_[random_.below(agent_.size())] = static_cast<char>('b' + random_.below(3));
    }
    language_.assign(random_.below(4) * 7, 'd');
    forwarded_.clear();
    for (std::uint64_t i = random_.below(4); i > 0; --i) {
      forwarded_.push_back(kHops[random_.below(kHops.size())]);
    }
    const Address client{random_.chance(0.5) ? 0 : random_.next(), random_.next()};
    return {client, agent_, language_, forwarded_};
  }

 private:
  static constexpr std::array<std::string_view, 4> kHops = {
      "", "1.1.1.1", "2001:db8:1111:2222:3333:4444:5555:6666", "10.0.0.1, 10.0.0.2, 10.0.0.3"};
  base::Random random_;
  std::string agent_, language_;
  std::vector<std::string_view> forwarded_;
};

TEST(Fingerprint, IsTheSameHmacWhetherItsStartIsKnownOrNot) {
  const Identifier one = identifier();
  KnownStarts starts;
  Drawn drawn(5);
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    const Traits traits = drawn.next();
    const std::string expected = hmac_of(traits);
    ASSERT_EQ(text(one.fingerprint(traits, starts)), expected) << i;
    ASSERT_EQ(text(one.fingerprint(traits)), expected) << i;
  }
  EXPECT_GT(starts.hashed(), 1000u) << "none was new";
  EXPECT_LT(starts.hashed(), kRequests * 3 / 4) << "none was known";
}

TEST(KnownStarts, HashABrowserOnceForAllItsClients) {
  const Identifier one = identifier();
  KnownStarts starts;
  for (std::uint32_t client = 0; client < 1000; ++client) {
    for (const std::string_view agent : {"one browser", "another", ""}) {
      one.subject({Address::v4(client), agent, "de", {}}, starts);
    }
  }
  EXPECT_EQ(starts.hashed(), 3u);
}

TEST(KnownStarts, TellApartTextsThatDifferInOneLetterAnywhere) {
  const Identifier one = identifier();
  const std::string agent(100, 'a'), language(20, 'd');
  std::set<std::uint64_t> prints;
  KnownStarts starts;
  for (std::size_t at = 0; at < agent.size(); ++at) {
    std::string other = agent;
    other[at] = 'b';
    prints.insert(one.fingerprint({v4("192.0.2.1"), other, language, {}}, starts).value);
  }
  for (std::size_t at = 0; at < language.size(); ++at) {
    std::string other = language;
    other[at] = 'e';
    prints.insert(one.fingerprint({v4("192.0.2.1"), agent, other, {}}, starts).value);
  }
  EXPECT_EQ(prints.size(), agent.size() + language.size());
}

TEST(KnownStarts, MoveNoLetterFromOneTextIntoTheOther) {
  const Identifier one = identifier();
  KnownStarts starts;
  const Traits first{v4("192.0.2.1"), "ab", "c", {}}, second{v4("192.0.2.1"), "a", "bc", {}};
  EXPECT_NE(one.fingerprint(first, starts), one.fingerprint(second, starts));
  EXPECT_EQ(one.fingerprint(second, starts), one.fingerprint(second));
}

TEST(KnownStarts, KeepWhatIsAskedForInAFloodOfOthers) {
  // Ten browsers, and ten strangers between any two requests of theirs: a thousand times what there
  // are places for.
  const Identifier one = identifier();
  KnownStarts starts;
  constexpr std::uint64_t kRounds = 2500, kStrangers = 10;
  std::uint64_t again = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    for (std::uint64_t i = 0; i < kStrangers; ++i) {
      const std::string agent = "stranger " + std::to_string(round * kStrangers + i);
      one.fingerprint({v4("192.0.2.1"), agent, "de", {}}, starts);
    }
    const std::uint64_t before = starts.hashed();
    const std::string agent = "browser " + std::to_string(round % 10);
    one.fingerprint({v4("192.0.2.1"), agent, "de", {}}, starts);
    again += starts.hashed() - before;
  }
  EXPECT_LT(again, kRounds / 4);
  EXPECT_GE(starts.hashed(), kRounds * kStrangers);
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

TEST(FingerprintCache, TakesNoTextForThatOfAnotherPart) {
  const Identifier one = identifier();
  KnownStarts starts;
  FingerprintCache cache;
  const std::array<std::string_view, 1> b = {"b"}, ab = {"ab"};
  const Address client = v4("192.0.2.1");
  for (const Traits& traits :
       {Traits{client, "a", "b", {}}, Traits{client, "ab", "", {}}, Traits{client, "", "ab", {}},
        Traits{client, "a", "", b}, Traits{client, "", "a", b}, Traits{client, "", "", ab}}) {
    ASSERT_EQ(cache.subject(one, starts, traits).fingerprint, one.fingerprint(traits));
  }
}

TEST(FingerprintCache, GivesWhatHashingAgainWouldGive) {
  const Identifier one = identifier();
  FingerprintCache cache;
  KnownStarts starts;
  base::Random random(3);
  const std::string agents[] = {
      "", "a", "b", std::string(379, 'x'), std::string(380, 'x'), std::string(2000, 'x')};
  const char* const languages[] = {"", "a", "de"};
  const std::vector<std::string_view> lists[] = {
      {}, {"1.1.1.1"}, {"1.1.1.1", "2.2.2.2"}, {"1.1.1.1, 2.2.2.2"}, {"1.1.1.1, 2.2.2.3"}};
  const char* const clients[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"};
  for (int i = 0; i < 20'000; ++i) {
    const Traits traits{v4(clients[random.below(4)]), agents[random.below(6)],
                        languages[random.below(3)], lists[random.below(5)]};
    const Subject fresh = one.subject(traits);
    const Subject& kept = cache.subject(one, starts, traits);
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
