// When a name server began to lead clients elsewhere, and by when they have followed.
#include "drill/name_switch.h"

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill {
namespace {

using test::due;
using test::kLatency;

constexpr TimePoint kFault = due(10);

/// One answer per letter: 'a' and 'b' are addresses, the others as in history_builder.h.
Evidence answers(std::string_view letters, std::uint32_t ttl = 5) {
  Evidence out;
  StreamInfo info = test::stream(StreamKind::Names);
  info.endpoint = "www.shop.test at 127.0.0.1:53";
  out.streams = {info};
  out.servers = {"", "10.0.0.1", "10.0.0.2"};
  out.fault_begun = kFault;
  std::int64_t index = 0;
  for (const char letter : letters) {
    const bool named = letter == 'a' || letter == 'b';
    Record record = test::operation(named ? 'o' : letter, index++);
    record.server_id = letter == 'a' ? 1 : 2;
    record.value = letter == 'a' ? 0x0a00'0001 : 0x0a00'0002;
    record.server_term = ttl;
    out.records.push_back(record);
  }
  return out;
}

NameSwitch the_switch(const Evidence& evidence) {
  const auto all = name_switches(evidence);
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? NameSwitch{} : all.front();
}

TEST(NameSwitch, LiesBetweenTheLastOldAndTheFirstOtherAnswer) {
  const NameSwitch seen = the_switch(answers("aaaaaaaaaaaaabbb"));
  EXPECT_EQ(seen.before, "10.0.0.1");
  EXPECT_EQ(seen.after, "10.0.0.2");
  ASSERT_TRUE(seen.switched);
  EXPECT_EQ(seen.switched->lower, due(12) - kFault);
  EXPECT_EQ(*seen.switched->upper, due(13) + kLatency - kFault);
}

TEST(NameSwitch, IsFollowedWhenWhatWasCachedHasExpired) {
  const NameSwitch seen = the_switch(answers("aaaaaaaaaaaaabbb", 30));
  EXPECT_EQ(seen.ttl, base::seconds(30));
  EXPECT_EQ(seen.followed, *seen.switched->upper + base::seconds(30));
}

TEST(NameSwitch, AnAnswerThatDidNotComeWidensTheBounds) {
  const NameSwitch seen = the_switch(answers("aaaaaaaaaaaattxb"));
  ASSERT_TRUE(seen.switched);
  EXPECT_EQ(seen.switched->lower, due(11) - kFault);
  EXPECT_EQ(*seen.switched->upper, due(15) + kLatency - kFault);
}

TEST(NameSwitch, TheTtlIsTheLongestOfACountdown) {
  Evidence evidence = answers("aaaaaaaaaaaab");
  for (std::size_t i = 0; i < evidence.records.size(); ++i) {
    evidence.records[i].server_term = static_cast<std::uint32_t>(3 + i % 4);
  }
  EXPECT_EQ(the_switch(evidence).ttl, base::seconds(6));
}

TEST(NameSwitch, ANewTtlAfterTheFaultIsNotTheOneThatClientsHold) {
  Evidence evidence = answers("aaaaaaaaaaaab");
  evidence.records.back().server_term = 3600;
  EXPECT_EQ(the_switch(evidence).ttl, base::seconds(5));
}

TEST(NameSwitch, NothingIsClaimedOfWhatWasNotSeen) {
  const NameSwitch never = the_switch(answers("aaaaaaaaaaaaaaa"));
  EXPECT_EQ(never.before, "10.0.0.1");
  EXPECT_EQ(never.after, "");
  EXPECT_FALSE(never.switched || never.followed);
  const NameSwitch silent = the_switch(answers("ttttttttttttbbb"));
  EXPECT_EQ(silent.before, "");
  EXPECT_FALSE(silent.switched || silent.ttl || silent.followed);
}

TEST(NameSwitch, AChangeBeforeTheFaultIsNone) {
  const NameSwitch seen = the_switch(answers("bbbaaaaaaaaaab"));
  EXPECT_EQ(seen.before, "10.0.0.1");
  EXPECT_EQ(seen.after, "10.0.0.2");
  EXPECT_EQ(seen.switched->lower, due(12) - kFault);
}

}  // namespace
}  // namespace drill
