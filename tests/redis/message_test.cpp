#include "redis/message.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redis {
namespace {

TEST(RedisMessage, ACommandIsAnArrayOfTexts) {
  EXPECT_EQ(command({"SET", "k", ""}), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
}

TEST(RedisMessage, AnswersComeInPieces) {
  const std::string bytes = "+OK\r\n-READONLY no\r\n$5\r\na\r\nb\xFF\r\n:7\r\n$-1\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    Reader reader;
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(bytes.substr(at, piece));
      while (const auto answer = reader.next()) texts.push_back(answer->text);
    }
    EXPECT_FALSE(reader.broken());
    EXPECT_FALSE(reader.pending());
    EXPECT_THAT(texts, testing::ElementsAre("OK", "READONLY no", "a\r\nb\xFF", "7", ""));
  }
}

TEST(RedisMessage, WhatIsNoAnswerIsBroken) {
  for (const std::string& bytes :
       {std::string("x\r\n"), std::string("*2\r\n"), std::string("*-1\r\n"),
        std::string("$99999999\r\n") + std::string(70'000, 'x')}) {
    Reader reader;
    reader.feed(bytes);
    const bool nil = bytes == "*-1\r\n";
    EXPECT_EQ(reader.next().has_value(), nil) << bytes.substr(0, 12);
    EXPECT_EQ(reader.broken(), !nil) << bytes.substr(0, 12);
  }
}

TEST(RedisMessage, InfoIsReadByLine) {
  const std::string info = "# Server\r\nrun_id:abc\r\ntcp_port:6379\r\nxrole:no\r\nrole:master";
  EXPECT_EQ(info_line(info, "run_id"), "abc");
  EXPECT_EQ(info_line(info, "tcp_port"), "6379");
  EXPECT_EQ(info_line(info, "role"), "master");
  EXPECT_EQ(info_line(info, "port"), "");
}

}  // namespace
}  // namespace redis
