#include "net/http_response.h"

#include <gtest/gtest.h>

namespace net {
namespace {

using State = HttpResponseParser::State;

struct Reading {
  State state = State::More;
  unsigned status = 0;
  bool keep_alive = false;
  bool found = false;
  std::string server;
};

const HttpExpectation kPlain{false, "", {"x-server", ""}};

Reading read(const HttpExpectation& expected, std::string_view text, std::size_t piece,
             bool closes = false) {
  HttpResponseParser parser(expected);
  State state = State::More;
  while (!text.empty() && state == State::More) {
    state = parser.feed(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  if (!text.empty()) {
    return {State::Broken, parser.status(), false, false, ""};
  }
  if (state == State::More && closes) {
    state = parser.closed();
  }
  return {state, parser.status(), parser.keep_alive(), parser.found(), parser.header(0)};
}

struct Case {
  const char* name;
  HttpExpectation expected;
  std::string text;
  bool closes;
  State state;
  unsigned status;
  bool keep_alive;
  bool found;
  std::string server;
};

class HttpResponse : public testing::TestWithParam<Case> {};

TEST_P(HttpResponse, IsReadTheSameInPiecesOfEverySize) {
  const Case& c = GetParam();
  for (std::size_t piece = 1; piece <= c.text.size(); ++piece) {
    SCOPED_TRACE(piece);
    const auto got = read(c.expected, c.text, piece, c.closes);
    ASSERT_EQ(got.state, c.state);
    if (c.state == State::Done) {
      EXPECT_EQ(got.status, c.status);
      EXPECT_EQ(got.keep_alive, c.keep_alive);
      EXPECT_EQ(got.found, c.found);
      EXPECT_EQ(got.server, c.server);
    }
  }
}

const HttpExpectation kHead{true, "", {"x-server", ""}};
const HttpExpectation kReady{false, "ready", {"x-server", ""}};

INSTANTIATE_TEST_SUITE_P(
    Cases, HttpResponse,
    testing::Values(
        Case{"Length", kReady,
             "HTTP/1.1 200 OK\r\nX-Server:  a \r\nContent-Length: 7\r\n\r\nreadyok", false,
             State::Done, 200, true, true, "a"},
        Case{"NotFound", kReady, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nread", false,
             State::Done, 200, true, false, ""},
        Case{"Empty", kPlain, "HTTP/1.1 503 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
             false, State::Done, 503, false, true, ""},
        Case{"NoReason", kPlain, "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", false, State::Done,
             404, true, true, ""},
        Case{"Chunked", kReady,
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nrea\r\n2\r\ndy\r\n0\r\n"
             "Trailer: x\r\n\r\n",
             false, State::Done, 200, true, true, ""},
        Case{"HeadHasNoBody", kHead, "HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n", false,
             State::Done, 200, true, true, ""},
        Case{"NoContent", kPlain, "HTTP/1.1 204 No Content\r\n\r\n", false, State::Done, 204, true,
             true, ""},
        Case{"Interim", kPlain,
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false,
             State::Done, 200, true, true, ""},
        Case{"UntilClose", kReady, "HTTP/1.1 200 OK\r\n\r\nall ready", true, State::Done, 200,
             false, true, ""},
        Case{"Old", kPlain, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", false, State::Done,
             200, false, true, ""},
        Case{"CutBody", kPlain, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", true,
             State::Broken, 0, false, false, ""},
        Case{"CutHead", kPlain, "HTTP/1.1 200 OK\r\nContent-Le", true, State::Broken, 0, false,
             false, ""},
        Case{"TwoLengths", kPlain,
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false,
             State::Broken, 0, false, false, ""},
        Case{"LengthAndChunked", kPlain,
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false,
             State::Broken, 0, false, false, ""},
        Case{"NegativeLength", kPlain, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false,
             State::Broken, 0, false, false, ""},
        Case{"BadChunk", kPlain, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
             false, State::Broken, 0, false, false, ""},
        Case{"FoldedField", kPlain, "HTTP/1.1 200 OK\r\n folded\r\n\r\n", false, State::Broken, 0,
             false, false, ""},
        Case{"NoHttp", kPlain, "SSH-2.0-OpenSSH_9.2\r\n\r\n", false, State::Broken, 0, false, false,
             ""}),
    [](const auto& param) { return param.param.name; });

TEST(HttpResponseParser, BytesAfterTheEndAreNoAnswer) {
  HttpResponseParser parser(kPlain);
  EXPECT_EQ(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200"), State::Broken);
}

TEST(HttpResponseParser, IsUsedAgainAfterReset) {
  HttpResponseParser parser(kReady);
  EXPECT_EQ(parser.feed("HTTP/1.1 500 X\r\nX-Server: a\r\nContent-Length: 5\r\n\r\nready"),
            State::Done);
  EXPECT_TRUE(parser.found());
  parser.reset();
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), State::Done);
  EXPECT_EQ(parser.status(), 200U);
  EXPECT_FALSE(parser.found());
  EXPECT_EQ(parser.header(0), "");
}

TEST(HttpResponseParser, AHeadWithoutEndIsRefusedBeforeItFillsMemory) {
  HttpResponseParser parser(kPlain);
  State state = parser.feed("HTTP/1.1 200 OK\r\n");
  const std::string line = "X-Pad: " + std::string(1000, 'x') + "\r\n";
  int lines = 0;
  while (state == State::More && lines < 1000) {
    state = parser.feed(line);
    ++lines;
  }
  EXPECT_EQ(state, State::Broken);
  EXPECT_LT(lines, 80);
}

TEST(HttpResponse, KeepsEveryValueOfARepeatedHeader) {
  const HttpExpectation expected{false, "", {}, {"set-cookie", "server-timing"}};
  const std::string long_value(5000, 'x');
  const std::string text =
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/\r\n"
      "Set-Cookie: c=" +
      long_value +
      "\r\nServer-Timing: db;dur=3\r\n"
      "Content-Length: 0\r\n\r\n";
  HttpResponseParser parser(expected);
  for (int times = 0; times < 2; ++times) {
    parser.reset();
    ASSERT_EQ(parser.feed(text), State::Done);
    EXPECT_EQ(parser.values(0), (std::vector<std::string>{"a=1", "b=2; Path=/"}))
        << "a part of a cookie is none";
    EXPECT_EQ(parser.values(1), std::vector<std::string>{"db;dur=3"});
  }
  std::string many = "HTTP/1.1 204 No\r\n";
  for (int i = 0; i < 100; ++i) many += "Set-Cookie: a=1\r\n";
  parser.reset();
  ASSERT_EQ(parser.feed(many + "\r\n"), State::Done);
  EXPECT_EQ(parser.values(0).size(), 64U);
}

}  // namespace
}  // namespace net
