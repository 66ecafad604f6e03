#include "kube/port_forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/channel.h"

namespace kube {
namespace {

using testing::HasSubstr;

constexpr std::uint16_t kPort = 0x1F90;  // 8080
const std::string kGreeting = "\x90\x1F";

TEST(PortMessages, AfterThePortsOfBothChannelsBytesAreThePeers) {
  PortMessages messages(kPort);
  EXPECT_EQ(messages.take(channel_message(0, kGreeting)).value_or("an error"), "");
  EXPECT_EQ(messages.take(channel_message(1, kGreeting)).value_or("an error"), "");
  EXPECT_EQ(messages.take(channel_message(0, "hello")).value_or("an error"), "hello");
  EXPECT_EQ(messages.take(channel_message(0, kGreeting)).value_or("an error"), kGreeting)
      << "of bytes that look like it, too";
  EXPECT_EQ(messages.take("").value_or("an error"), "");
}

TEST(PortMessages, AGreetingMayComeInPiecesOrWithBytes) {
  PortMessages messages(kPort);
  EXPECT_EQ(messages.take(channel_message(0, "\x90")).value_or("an error"), "");
  EXPECT_EQ(messages.take(channel_message(0, "\x1Fhello")).value_or("an error"), "hello");
}

TEST(PortMessages, WhatTheNodeSaysIsTheError) {
  PortMessages messages(kPort);
  const auto failed =
      messages.take(channel_message(1, kGreeting + "error forwarding port 8080: refused"));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, base::Code::Unavailable);
  EXPECT_EQ(failed.error().message, "error forwarding port 8080: refused");
}

TEST(PortMessages, AnotherPortOrChannelIsNotTakenForTheOneAskedFor) {
  PortMessages messages(kPort);
  const auto other = messages.take(channel_message(0, "\x50\x02secret"));
  ASSERT_FALSE(other.has_value());
  EXPECT_THAT(other.error().message, HasSubstr("port 592 in place of 8080"));
  const auto channel = messages.take(channel_message(2, kGreeting));
  ASSERT_FALSE(channel.has_value());
  EXPECT_THAT(channel.error().message, HasSubstr("channel 2"));
}

}  // namespace
}  // namespace kube
