#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "http1/head.h"
#include "reading.h"

namespace http1 {
namespace {

struct Answer {
  explicit Answer(std::string lines, std::string_view method = "GET") : text(std::move(lines)) {
    Progress progress;
    state = parse_response(text, method, {}, progress, head, why);
  }
  std::string body() const {
    if (state == Parse::Refused) return "refused " + std::to_string(why.status);
    if (state == Parse::More) return "more";
    static constexpr const char* kBodies[] = {"none", "length", "chunked", "until close"};
    std::string says = kBodies[static_cast<std::size_t>(head.body)];
    if (head.body == Body::Length) says += " " + std::to_string(head.length);
    return says + (head.keep_alive ? "" : ", close");
  }

  std::string text;
  ResponseHead head;
  Refusal why;
  Parse state;
};

TEST(Rfc9112Section4, AStatusLineIsRead) {
  const Answer one("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nnot");
  ASSERT_EQ(one.state, Parse::Done);
  EXPECT_EQ(describe(one.head),
            "404 Not Found\nminor 1\nbody length 3\nupgrade \nbytes 45\n+ Content-Length=3\n");
  EXPECT_EQ(Answer("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").head.reason, "");
  EXPECT_EQ(Answer("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").head.status, 200);
  EXPECT_EQ(Answer("HTTP/1.1 200 a\tb \xe9\r\n\r\n").head.reason, "a\tb \xe9");
}

TEST(Rfc9110Section661, WhetherThereIsADate) {
  EXPECT_FALSE(Answer("HTTP/1.1 200 OK\r\nAge: 1\r\nData: 1\r\n\r\n").head.dated);
  EXPECT_TRUE(Answer("HTTP/1.1 200 OK\r\nDATE: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n").head.dated);
  EXPECT_FALSE(Answer("HTTP/1.1 200 OK\r\nConnection: date\r\nDate: Sun, 06 Nov 1994 08:49:37 "
                      "GMT\r\n\r\n")
                   .head.dated);
}

TEST(Rfc9112Section4, WhatIsNoStatusLineIsRefused) {
  for (const char* line :
       {"HTTP/2.0 200 OK", "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 Low", "HTTP/1.1 600 High", "HTTP/1.1 2x0 OK", "HTTP/1.1 200 O\x01K",
        "HTTP/1.1 200 O\rK", "HTTP/1.1", "HTTP 200 OK", " HTTP/1.1 200 OK", "ICY 200 OK"}) {
    EXPECT_EQ(Answer(std::string(line) + "\r\n\r\n").body(), "refused 502") << line;
  }
  EXPECT_EQ(Answer("\r\nHTTP/1.1 200 OK\r\n\r\n").body(), "refused 502");
  EXPECT_EQ(Answer("HTTP/1.1 200 OK\n\n").body(), "refused 502");
  EXPECT_EQ(Answer("HTTP/1.1 200 OK\nA: 1\r\n\r\n").body(), "refused 502");
}

TEST(Rfc9112Section5, FieldsAreHeldToTheirGrammar) {
  for (const char* line :
       {"X-A : 1", "X-A: 1\r\n 2", " X-A: 1", "X-A: a\rb", "X-A: a\nb", "X-A", ": 1"}) {
    EXPECT_EQ(Answer("HTTP/1.1 200 OK\r\n" + std::string(line) + "\r\n\r\n").body(), "refused 502")
        << line;
  }
  EXPECT_EQ(Answer("HTTP/1.1 200 OK\r\nX-A: " + std::string(20000, 'a')).body(), "refused 502");
}

struct Row {
  const char *method, *status, *lines, *body;
};

void expect_rows(std::span<const Row> rows) {
  for (const Row& row : rows) {
    const Answer one("HTTP/1.1 " + std::string(row.status) + "\r\n" + row.lines + "\r\n",
                     row.method);
    EXPECT_EQ(one.body(), row.body) << row.method << " " << row.status << " " << row.lines;
  }
}

TEST(Rfc9112Section63, TheBodyOfAResponseDependsOnItsRequestAndStatus) {
  const Row rows[] = {
      {"GET", "200 OK", "Content-Length: 5\r\n", "length 5"},
      {"GET", "200 OK", "Content-Length: 0\r\n", "length 0"},
      {"GET", "200 OK", "Transfer-Encoding: chunked\r\n", "chunked"},
      {"GET", "200 OK", "", "until close, close"},
      {"HEAD", "200 OK", "Content-Length: 5\r\n", "none"},
      {"HEAD", "200 OK", "Transfer-Encoding: chunked\r\n", "none"},
      {"HEAD", "200 OK", "", "none"},
      {"GET", "304 Not Modified", "Content-Length: 5\r\n", "none"},
      {"GET", "204 No Content", "", "none"},
      {"GET", "204 No Content", "Content-Length: 0\r\n", "none"},
      {"GET", "204 No Content", "Content-Length: 5\r\n", "none, close"},
      {"GET", "204 No Content", "Transfer-Encoding: chunked\r\n", "none, close"},
      {"GET", "100 Continue", "", "none"},
      {"GET", "103 Early Hints", "Link: </a>\r\n", "none"},
      {"GET", "205 Reset Content", "Content-Length: 0\r\n", "length 0"},
      {"CONNECT", "200 OK", "", "none"},
      {"CONNECT", "200 OK", "Content-Length: 5\r\n", "none, close"},
      {"CONNECT", "502 Bad", "Content-Length: 5\r\n", "length 5"},
  };
  expect_rows(rows);
}

TEST(Rfc9112Section63, AResponseWithTwoReadingsIsRefused) {
  const Row rows[] = {
      {"GET", "200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "refused 502"},
      {"GET", "200 OK", "Content-Length: 5\r\nContent-Length: 6\r\n", "refused 502"},
      {"GET", "200 OK", "Content-Length: 5\r\nContent-Length: 5\r\n", "length 5"},
      {"GET", "200 OK", "Content-Length: -5\r\n", "refused 502"},
      {"GET", "200 OK", "Transfer-Encoding: gzip\r\n", "refused 502"},
      {"GET", "200 OK", "Transfer-Encoding: gzip, chunked\r\n", "refused 502"},
      {"GET", "200 OK", "Transfer-Encoding: chunked, chunked\r\n", "refused 502"},
      {"HEAD", "200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "refused 502"},
  };
  expect_rows(rows);
  EXPECT_EQ(Answer("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").body(), "refused 502");
}

TEST(Rfc9112Section93, ConnectionsLiveOnAsBothVersionsSay) {
  const Row rows[] = {
      {"GET", "200 OK", "Content-Length: 5\r\nConnection: close\r\n", "length 5, close"},
      {"GET", "200 OK", "Content-Length: 5\r\nConnection: keep-alive\r\n", "length 5"},
      {"HEAD", "200 OK", "Connection: close\r\n", "none, close"},
  };
  expect_rows(rows);
  const std::string old = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n";
  EXPECT_EQ(Answer(old + "\r\n").body(), "length 5, close");
  EXPECT_EQ(Answer(old + "Connection: Keep-Alive\r\n\r\n").body(), "length 5");
}

TEST(Rfc9110Section78, ASwitchOfProtocolsNamesOne) {
  const std::string start = "HTTP/1.1 101 Switching Protocols\r\n";
  const Answer one(start + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  ASSERT_EQ(one.state, Parse::Done);
  EXPECT_EQ(one.head.upgrade, "websocket");
  EXPECT_TRUE(one.head.drop[0]);
  EXPECT_FALSE(one.head.drop[1]);
  EXPECT_EQ(Answer(start + "Upgrade: websocket\r\n\r\n").body(), "refused 502");
  EXPECT_EQ(Answer(start + "\r\n").body(), "refused 502");
  // What a server offers for later ends at this hop; what it insists on does not.
  const std::string offer =
      "\r\nContent-Length: 0\r\nConnection: upgrade\r\nUpgrade: foo/2\r\n\r\n";
  EXPECT_TRUE(Answer("HTTP/1.1 200 OK" + offer).head.drop[2]);
  EXPECT_FALSE(Answer("HTTP/1.1 426 Upgrade Required" + offer).head.drop[2]);
}

TEST(Rfc9110Section1521, InterimAndEmptyResponsesArePassedOnWithoutFraming) {
  const Answer one("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX-A: 1\r\n\r\n");
  EXPECT_TRUE(one.head.drop[0]);
  EXPECT_FALSE(one.head.drop[1]);
  const Answer same("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  EXPECT_TRUE(same.head.drop.none());
}

TEST(Responses, AreReadTheSameWhereverTheyAreCut) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: X-A\r\nX-A: 1\r\n\r\nhello",
        "HTTP/1.0 200\r\nServer: a b\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\n\r\n", "HTTP/1.1 200 OK\r\nX-A: \rb\r\n\r\n"}) {
    const std::string_view bytes(text);
    const std::string whole = read_response(bytes, "GET", 0, bytes.size());
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      ASSERT_EQ(read_response(bytes, "GET", cut, bytes.size()), whole) << text << " at " << cut;
    }
    EXPECT_EQ(read_response(bytes, "GET", 0, 1), whole) << text;
  }
}

}  // namespace
}  // namespace http1
