#include "http1/forward.h"

#include <string>

#include <gtest/gtest.h>

#include "cases.h"
#include "reading.h"

namespace http1 {
namespace {

std::string joined(const Pieces& pieces) {
  std::string text;
  for (std::size_t i = 0; i < pieces.count; ++i) text += pieces.at[i];
  EXPECT_EQ(text.size(), pieces.bytes);
  return text;
}

std::string forwarded(std::string_view text, Pieces& pieces) {
  RequestHead head;
  Refusal why;
  Progress progress;
  if (parse_request(text, {}, progress, head, why) != Parse::Done) return "";
  forward_request(head, pieces);
  EXPECT_EQ(verbatim(head), joined(pieces) + std::string(kHeadEnd) == head.raw) << text;
  return joined(pieces);
}

std::string forwarded(std::string_view text) {
  Pieces pieces;
  return forwarded(text, pieces);
}

std::string answered(std::string_view text) {
  ResponseHead head;
  Refusal why;
  Progress progress;
  Pieces pieces;
  if (parse_response(text, "GET", {}, progress, head, why) != Parse::Done) return "";
  forward_response(head, pieces);
  EXPECT_EQ(verbatim(head), joined(pieces) + std::string(kHeadEnd) == head.raw) << text;
  return joined(pieces);
}

TEST(Forward, WhatNeedsNoChangeIsOnePiece) {
  Pieces pieces;
  const std::string text = "GET /a HTTP/1.1\r\nHost: h\r\nX-A:  1 \r\n";
  EXPECT_EQ(forwarded("\r\n" + text + "\r\n", pieces), text);
  EXPECT_EQ(pieces.count, 1u);
}

TEST(Forward, FieldsThatEndHereAreLeftOutAndNothingElseIsTouched) {
  Pieces pieces;
  EXPECT_EQ(forwarded("GET /a HTTP/1.1\r\nConnection: x-hop\r\nTE: a\r\nHost: h\r\nX-Hop: 1 \r\n"
                      "X-A:  1 \r\nKeep-Alive: 1\r\n\r\n",
                      pieces),
            "GET /a HTTP/1.1\r\nHost: h\r\nX-A:  1 \r\n");
  EXPECT_EQ(pieces.count, 3u);
}

TEST(Forward, AnAbsoluteTargetBecomesAPathAndTheOnlyHost) {
  EXPECT_EQ(forwarded("GET http://a.example/x?y HTTP/1.1\r\nHost: b.example\r\nX: 1\r\n\r\n"),
            "GET /x?y HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n");
  EXPECT_EQ(forwarded("GET http://a.example?y HTTP/1.1\r\nHost: b\r\n\r\n"),
            "GET /?y HTTP/1.1\r\nHost: a.example\r\n");
  EXPECT_EQ(forwarded("GET http://a.example HTTP/1.1\r\nHost: b\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a.example\r\n");
  EXPECT_EQ(forwarded("OPTIONS http://a.example HTTP/1.1\r\nHost: b\r\n\r\n"),
            "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n");
}

TEST(Forward, TheVersionIsOursAndHostIsAlwaysThere) {
  EXPECT_EQ(forwarded("GET /x HTTP/1.0\r\nX: 1\r\n\r\n"), "GET /x HTTP/1.1\r\nHost: \r\nX: 1\r\n");
  EXPECT_EQ(forwarded("GET /x HTTP/1.0\r\nHost: h\r\n\r\n"), "GET /x HTTP/1.1\r\nHost: h\r\n");
  EXPECT_EQ(forwarded("GET /x HTTP/1.7\r\nHost: h\r\n\r\n"), "GET /x HTTP/1.1\r\nHost: h\r\n");
  EXPECT_EQ(forwarded("GET /x HTTP/1.0\r\n\r\n"), "GET /x HTTP/1.1\r\nHost: \r\n");
}

TEST(Forward, AnUpgradeGoesOnWithoutItsConnection) {
  EXPECT_EQ(forwarded("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\n");
}

TEST(Forward, AResponseIsAlwaysOfOurVersionAndWhole) {
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n"), "HTTP/1.1 200 OK\r\nA: 1\r\n");
  EXPECT_EQ(answered("HTTP/1.0 200 OK\r\nA: 1\r\n\r\n"), "HTTP/1.1 200 OK\r\nA: 1\r\n");
  EXPECT_EQ(answered("HTTP/1.1 200\r\nA: 1\r\n\r\n"), "HTTP/1.1 200 \r\nA: 1\r\n");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nConnection: close\r\nA: 1\r\nKeep-Alive: 5\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nA: 1\r\n");
  EXPECT_EQ(answered("HTTP/1.1 204 No Content\r\n\r\n"), "HTTP/1.1 204 No Content\r\n");
}

TEST(Forward, EveryOtherFieldLeftOutStillFits) {
  std::string text = "GET http://a.example?y HTTP/1.1\r\nHost: b\r\n";
  std::string kept = "GET /?y HTTP/1.1\r\nHost: a.example\r\n";
  for (std::size_t i = 1; i < kFieldsMax; ++i) {
    text += i % 2 == 0 ? "Keep-Alive: 1\r\n" : "X: 1\r\n";
    if (i % 2 == 1) kept += "X: 1\r\n";
  }
  Pieces pieces;
  EXPECT_EQ(forwarded(text + "\r\n", pieces), kept);
  EXPECT_LE(pieces.count, kPiecesMax);
}

TEST(Forward, WhatIsPassedOnIsReadAgainAsTheSameRequestAndNeedsNoChange) {
  for (const Case& one : read_cases()) {
    RequestHead head;
    Refusal why;
    Progress progress;
    if (parse_request(one.bytes, {}, progress, head, why) != Parse::Done) continue;
    if (head.host.empty()) head.host = "upstream";
    Pieces pieces;
    forward_request(head, pieces);
    const std::string text = joined(pieces) + "\r\n";
    RequestHead again;
    ASSERT_EQ(parse_request(text, {}, progress, again, why), Parse::Done) << one << why.why;
    EXPECT_EQ(again.path, head.path) << one;
    EXPECT_EQ(again.query, head.query) << one;
    EXPECT_EQ(again.host, head.host) << one;
    EXPECT_EQ(again.body, head.body) << one;
    EXPECT_EQ(again.length, head.length) << one;
    EXPECT_EQ(again.expects_continue, head.expects_continue) << one;
    EXPECT_EQ(verbatim(again), head.upgrade.empty())
        << one;  // its Connection is the proxy's to add
  }
}

}  // namespace
}  // namespace http1
