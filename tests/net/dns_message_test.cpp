// What an answer says, and what is none. Messages are built here byte by byte, because the reader
// is what is tested.
#include "net/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "name_server.h"

namespace net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint16_t kId = 0xBEEF;
constexpr const char* kName = "shop.example";

std::string question() {
  return *dns_question(kName, kId);
}

NameOutcome outcome(const std::string& message) {
  const auto reply = dns_reply(message, kName, kId);
  EXPECT_TRUE(reply.has_value()) << "it is no answer";
  return reply ? reply->outcome : NameOutcome::NoRoute;
}

TEST(DnsMessage, AsksOneQuestionForAddressesWithRecursion) {
  EXPECT_EQ(question(), two_bytes(kId) + two_bytes(0x0100) + two_bytes(1) + two_bytes(0) +
                            two_bytes(0) + two_bytes(0) + name_bytes(kName) + two_bytes(1) +
                            two_bytes(1));
}

TEST(DnsMessage, WhatIsNoNameIsNotAskedFor) {
  for (const std::string& name : {std::string(), std::string("."), std::string("a..b"),
                                  std::string(64, 'x') + ".example", std::string(300, 'x')}) {
    EXPECT_FALSE(dns_question(name, kId).has_value()) << name;
  }
  EXPECT_TRUE(dns_question("shop.example.", kId).has_value());
}

TEST(DnsMessage, HasEveryAddressInOrderAndTheLeastTimeToLive) {
  const auto reply = dns_reply(answer(question(), {record(kName, kA, 60, {127, 0, 0, 9}),
                                                   record(kName, kA, 30, {127, 0, 0, 1})}),
                               kName, kId);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->outcome, NameOutcome::Found);
  EXPECT_THAT(reply->addresses, ElementsAre(0x7F000009U, 0x7F000001U));
  EXPECT_EQ(reply->ttl, 30U);
}

TEST(DnsMessage, FollowsAnAliasAndTheAliasMayExpireFirst) {
  const auto reply =
      dns_reply(answer(question(), {record(kName, kCname, 5, name_bytes("site-a.example")),
                                    record("site-a.example", kA, 600, {127, 0, 0, 2})}),
                kName, kId);
  ASSERT_TRUE(reply.has_value());
  EXPECT_THAT(reply->addresses, ElementsAre(0x7F000002U));
  EXPECT_EQ(reply->ttl, 5U);
}

TEST(DnsMessage, AddressesOfIPv6AreAskedForAndReadApart) {
  const std::string asked = *dns_question(kName, kId, NameRecord::Aaaa);
  EXPECT_EQ(asked, question().substr(0, question().size() - 4) + two_bytes(28) + two_bytes(1));
  std::string six = {0x20, 0x01, 0x0D, '\xB8'};
  six += std::string(11, '\0') + '\7';
  const std::string said = answer(asked, {record(kName, kAaaa, 60, six)});
  const auto reply = dns_reply(said, kName, kId, NameRecord::Aaaa);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->outcome, NameOutcome::Found);
  EXPECT_THAT(reply->addresses, IsEmpty());
  EXPECT_THAT(reply->addresses6, ElementsAre(std::array<std::uint8_t, 16>{
                                     0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}));
  EXPECT_EQ(reply->ttl, 60U);
  EXPECT_FALSE(dns_reply(said, kName, kId).has_value()) << "an answer to another question";
  const auto none = dns_reply(answer(asked, {}), kName, kId, NameRecord::Aaaa);
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->outcome, NameOutcome::NoAddress);
}

TEST(DnsMessage, ATimeToLiveWithItsHighestBitIsZero) {
  const auto reply =
      dns_reply(answer(question(), {record(kName, kA, 0x80000001U, {127, 0, 0, 2})}), kName, kId);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->outcome, NameOutcome::Found);
  EXPECT_EQ(reply->ttl, 0U);
}

TEST(DnsMessage, AnAddressOfAnotherNameIsNone) {
  EXPECT_EQ(outcome(answer(question(), {record("other.example", kA, 60, {127, 0, 0, 2})})),
            NameOutcome::NoAddress);
  EXPECT_EQ(outcome(answer(question(), {record(kName, kCname, 5, name_bytes("a.example")),
                                        record("b.example", kA, 60, {127, 0, 0, 2})})),
            NameOutcome::NoAddress);
}

TEST(DnsMessage, EveryCodeHasItsOutcome) {
  EXPECT_EQ(outcome(answer(question(), {}, 0)), NameOutcome::NoAddress);
  EXPECT_EQ(outcome(answer(question(), {}, 1)), NameOutcome::Denied);
  EXPECT_EQ(outcome(answer(question(), {}, 2)), NameOutcome::ServerFailed);
  EXPECT_EQ(outcome(answer(question(), {}, 3)), NameOutcome::NoSuchName);
  EXPECT_EQ(outcome(answer(question(), {}, 4)), NameOutcome::Denied);
  EXPECT_EQ(outcome(answer(question(), {}, 5)), NameOutcome::Denied);
  // A server that could not read the question answers without it.
  std::string bare = answer(question(), {}, 1).substr(0, 12);
  bare.replace(4, 2, two_bytes(0));
  EXPECT_EQ(outcome(bare), NameOutcome::Denied);
  bare[3] = static_cast<char>(0x80);  // "no error" needs the question
  EXPECT_FALSE(dns_reply(bare, kName, kId).has_value());
}

TEST(DnsMessage, WhatMakesNoSenseIsBroken) {
  std::string fewer = answer(question(), {record(kName, kA, 60, {127, 0, 0, 2})});
  fewer.replace(6, 2, two_bytes(2));
  EXPECT_EQ(outcome(fewer), NameOutcome::Broken);
  const std::string whole = answer(question(), {record(kName, kA, 60, {127, 0, 0, 2})});
  for (std::size_t cut = question().size(); cut < whole.size(); ++cut) {
    EXPECT_EQ(outcome(whole.substr(0, cut)), NameOutcome::Broken) << cut;
  }
  std::string truncated = whole;
  truncated[2] = static_cast<char>(truncated[2] | 2);
  EXPECT_EQ(outcome(truncated), NameOutcome::Broken);
}

TEST(DnsMessage, WhatAnswersAnotherQuestionIsNoAnswer) {
  const std::vector<std::string> records = {record(kName, kA, 60, {127, 0, 0, 2})};
  const std::string right = answer(question(), records);
  ASSERT_TRUE(dns_reply(right, kName, kId).has_value());
  EXPECT_TRUE(dns_reply(right, "SHOP.example.", kId).has_value()) << "the same name";
  EXPECT_FALSE(dns_reply(right, "shop.example.org", kId).has_value());
  EXPECT_FALSE(dns_reply(right, kName, kId + 1).has_value());
  EXPECT_FALSE(dns_reply(question(), kName, kId).has_value()) << "a question";
  EXPECT_FALSE(dns_reply(right.substr(0, 11), kName, kId).has_value());
  EXPECT_FALSE(dns_reply("", kName, kId).has_value());
  std::string other_type = right;
  other_type[question().size() - 3] = 28;
  EXPECT_FALSE(dns_reply(other_type, kName, kId).has_value());
  std::string other_class = right;
  other_class[question().size() - 1] = 3;
  EXPECT_FALSE(dns_reply(other_class, kName, kId).has_value());
  std::string notify = right;
  notify[2] = static_cast<char>(notify[2] | 0x20);
  EXPECT_FALSE(dns_reply(notify, kName, kId).has_value());
}

}  // namespace
}  // namespace net
