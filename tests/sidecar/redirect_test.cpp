#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/redirect/messages.h"
#include "sidecar/redirect/rule.h"

namespace redirect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Parsed parsed(const std::vector<std::string>& arguments) {
  return parse(arguments, "muster-redirect 1");
}

TEST(Redirect, APortGoesToAnotherAndProbesComeBehindIt) {
  EXPECT_THAT(parsed({"--port=8080", "--to=15001"}).rules,
              testing::Optional(ElementsAre(Rule{8080, 15001})));
  EXPECT_THAT(parsed({"--port", "8080", "--to", "15001", "--probes", "15002"}).rules,
              testing::Optional(ElementsAre(Rule{8080, 15001}, Rule{15002, 8080})));
}

TEST(Redirect, AnUnusableCommandLineIsUsage) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "--port"},
      {{"--port=80"}, "--to"},
      {{"--port=0", "--to=1"}, "--port"},
      {{"--port=80", "--to=65536"}, "--to"},
      {{"--port=http", "--to=1"}, "--port"},
      {{"--port=80", "--to=80"}, "--to: 80 is --port"},
      {{"--port=80", "--to=1", "--probes=80"}, "--probes: 80 is --port"},
      {{"--port=80", "--to=1", "--probes=1"}, "--probes: 1 is --to"},
      {{"--port=80", "--to=1", "more"}, "more"}};
  for (const auto& [arguments, complaint] : cases) {
    const Parsed out = parsed(arguments);
    EXPECT_FALSE(out.rules.has_value()) << complaint;
    EXPECT_EQ(out.exit, kUsage) << complaint;
    EXPECT_THAT(out.err, HasSubstr(complaint));
  }
  EXPECT_EQ(parsed({"--version"}).out, "muster-redirect 1\n");
  EXPECT_EQ(parsed({"--help"}).exit, 0);
}

/// Calls `each` with every message.
template <class Each>
void walk(const Messages& all, Each each) {
  for (std::size_t i = 0; i < all.size();) {
    nlmsghdr header{};
    std::memcpy(&header, &all[i], sizeof(header));
    const std::size_t words = (header.nlmsg_len + 3) / 4;
    ASSERT_GE(header.nlmsg_len, sizeof(header));
    ASSERT_LE(i + words, all.size());
    each(*reinterpret_cast<const nlmsghdr*>(&all[i]));
    i += words;
  }
}

Rules read_back(const Messages& all) {
  Rules out;
  walk(all, [&](const nlmsghdr& message) {
    const auto rule = rule_of(message);
    EXPECT_TRUE(rule.has_value());
    if (rule && *rule) out.push_back(**rule);
  });
  return out;
}

TEST(Redirect, WhatIsWrittenIsRead) {
  const Rules rules = {{8080, 15001}, {15002, 8080}, {1, 65535}};
  EXPECT_EQ(read_back(to_replace(rules)), rules);
  EXPECT_THAT(read_back(to_list()), IsEmpty());
}

TEST(Redirect, TheTableIsReplacedInOneTransactionAndItsLastChangeIsAcknowledged) {
  std::vector<std::string> subjects;
  std::vector<bool> acknowledged;
  std::vector<std::uint32_t> sequence;
  walk(to_replace({{80, 1}, {2, 80}}), [&](const nlmsghdr& message) {
    subjects.push_back(subject(message.nlmsg_type));
    acknowledged.push_back((message.nlmsg_flags & NLM_F_ACK) != 0);
    sequence.push_back(message.nlmsg_seq);
  });
  EXPECT_THAT(subjects, ElementsAre("the transaction", "the table", "the table", "the table",
                                    "the chain", "a rule", "a rule", "the transaction"));
  EXPECT_THAT(acknowledged, ElementsAre(false, false, false, false, false, false, true, false));
  EXPECT_THAT(sequence, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

/// The bytes of the rule among these messages.
Messages rule_in(const Messages& all) {
  Messages out;
  walk(all, [&](const nlmsghdr& message) {
    if (subject(message.nlmsg_type) != "a rule") return;
    out.resize(message.nlmsg_len / 4);
    std::memcpy(out.data(), &message, message.nlmsg_len);
  });
  return out;
}

TEST(Redirect, ARuleOfSomebodyElseIsNotTakenForOurs) {
  const Messages ours = rule_in(to_replace({{8080, 15001}}));
  std::size_t refused = 0, other = 0, same = 0;
  // Each byte of it changed: it is never read as the rule that it is not.
  for (std::size_t i = sizeof(nlmsghdr) + 4; i < ours.size() * 4; ++i) {
    Messages changed = ours;
    reinterpret_cast<unsigned char*>(changed.data())[i] ^= 1U;
    const auto rule = rule_of(*reinterpret_cast<const nlmsghdr*>(changed.data()));
    if (!rule) {
      ++refused;
      EXPECT_THAT(rule.error().message, HasSubstr("inet muster_sidecar"));
    } else if (!*rule || **rule != Rule{8080, 15001}) {
      ++other;  // other ports, or another table
    } else {
      ++same;  // which register is used, and filling
    }
  }
  EXPECT_GT(refused, 60U);
  EXPECT_GE(other, 4U);  // two ports of two bytes
  EXPECT_GT(same, 0U);
}

TEST(Redirect, AMessageThatIsCutOffIsNone) {
  const Messages ours = rule_in(to_replace({{8080, 15001}}));
  for (std::uint32_t size = sizeof(nlmsghdr); size < ours.size() * 4; size += 4) {
    Messages cut = ours;
    reinterpret_cast<nlmsghdr*>(cut.data())->nlmsg_len = size;
    cut.resize((size + 3) / 4);
    const auto rule = rule_of(*reinterpret_cast<const nlmsghdr*>(cut.data()));
    EXPECT_FALSE(rule && *rule) << size;
  }
}

}  // namespace
}  // namespace redirect
