#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "http1/head.h"
#include "reading.h"

namespace http1 {
namespace {

/// A request of these lines; the parsers' views are into `text`.
struct Request {
  explicit Request(std::string lines) : text(std::move(lines)) {
    Progress progress;
    state = parse_request(text, {}, progress, head, why);
  }
  bool dropped(std::string_view name) const {
    const Field* const field = find(head, name);
    return field != nullptr && head.drop[static_cast<std::size_t>(field - head.fields.data())];
  }

  std::string text;
  RequestHead head;
  Refusal why;
  Parse state;
};

constexpr const char* kHost = "Host: shop.example\r\n";

Request with(const std::string& lines) {
  return Request("GET / HTTP/1.1\r\n" + std::string(kHost) + lines + "\r\n");
}

TEST(Rfc9112Section2, ARequestIsReadToItsEmptyLineAndNoFurther) {
  const Request one("\r\nPUT /a?b=c HTTP/1.1\r\nHost: shop.example\r\nX-A:  1 \r\n\r\nGET /");
  ASSERT_EQ(one.state, Parse::Done);
  EXPECT_EQ(one.head.raw, "PUT /a?b=c HTTP/1.1\r\nHost: shop.example\r\nX-A:  1 \r\n\r\n");
  EXPECT_EQ(one.head.lines, "Host: shop.example\r\nX-A:  1 \r\n");
  EXPECT_EQ(one.head.bytes, one.head.raw.size() + 2);
  EXPECT_EQ(describe(one.head),
            "PUT /a?b=c is origin\npath /a\nquery b=c\nhost shop.example\nminor 1\nbody none 0\n"
            "upgrade \nbytes 55\n+ Host=shop.example\n+ X-A=1\n");
}

TEST(Rfc9112Section2, HowFarTheBytesWereLookedThroughNeverGoesBack) {
  const std::string text = "GET / HTTP/1.1\r\nHost: shop.example\r\nX-A: 1\r\n\r\n";
  Progress progress;
  RequestHead head;
  Refusal why;
  for (std::size_t size = 1; size < text.size(); ++size) {
    const std::string_view seen(text.data(), size);
    ASSERT_EQ(parse_request(seen, {}, progress, head, why), Parse::More);
    EXPECT_EQ(progress.looked, size);
  }
  EXPECT_EQ(progress.lines, 3u);
  ASSERT_EQ(parse_request(text, {}, progress, head, why), Parse::Done);
  EXPECT_EQ(progress.looked, 0u);  // fresh for the next request
}

TEST(Rfc9112Section3, WhatIsNoHttpIsRefusedAtItsFirstByte) {
  EXPECT_EQ(read_request("\x16\x03\x01"), "refused 400: a first line that is no HTTP/1");
  EXPECT_EQ(read_request("GET"), "more");
}

TEST(Rfc9112Section3, ALineThatNeverEndsIsRefusedAtTheLimit) {
  Limits limits;
  limits.line_bytes = 20;
  const std::string line = "GET /56789 HTTP/1.1!";
  EXPECT_EQ(line.size(), limits.line_bytes);
  EXPECT_EQ(read_request(line + "\r", limits), "more");
  EXPECT_EQ(read_request(line + "!!", limits), "refused 414: a first line that is too long");
  EXPECT_EQ(read_request(line + "!\r\n", limits), "refused 414: a first line that is too long");
}

TEST(Rfc9112Section32, ATargetIsTakenApart) {
  struct {
    const char *method, *target, *says;
  } const rows[] = {
      {"GET", "/", "origin|/||h"},
      {"GET", "/a//b/../c?", "origin|/a//b/../c||h"},
      {"GET", "/a?b?c", "origin|/a|b?c|h"},
      {"GET", "//other.example/", "origin|//other.example/||h"},
      {"GET", "http://Shop.Example:80/a?b", "absolute|/a|b|Shop.Example:80"},
      {"GET", "HTTPS://[::1]?b", "absolute|/|b|[::1]"},
      {"GET", "http://shop.example", "absolute|/||shop.example"},
      {"OPTIONS", "http://shop.example", "absolute|*||shop.example"},
      {"OPTIONS", "http://shop.example/", "absolute|/||shop.example"},
      {"OPTIONS", "*", "asterisk|*||h"},
      {"CONNECT", "shop.example:443", "authority|||shop.example:443"},
      {"CONNECT", "[::1]:1", "authority|||[::1]:1"},
  };
  static constexpr const char* kForms[] = {"origin", "absolute", "authority", "asterisk"};
  for (const auto& row : rows) {
    const Request one(std::string(row.method) + " " + row.target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_EQ(one.state, Parse::Done) << row.target << ": " << one.why.why;
    const std::string says = std::string(kForms[static_cast<std::size_t>(one.head.form)]) + "|" +
                             std::string(one.head.path) + "|" + std::string(one.head.query) + "|" +
                             std::string(one.head.host);
    EXPECT_EQ(says, row.says) << row.target;
    EXPECT_EQ(one.dropped("host"), one.head.form == Form::Absolute) << row.target;
  }
}

TEST(Rfc9112Section61, TheLengthOfABodyIsHeldToItsLimit) {
  Limits limits;
  limits.body_bytes = 1000;
  const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ";
  EXPECT_NE(read_request(head + "1000\r\n\r\n", limits).find("body length 1000"),
            std::string::npos);
  EXPECT_EQ(read_request(head + "1001\r\n\r\n", limits), "refused 413: a body that is too long");
}

TEST(Rfc6585Section5, AHeadIsHeldToItsLimits) {
  Limits limits;
  limits.head_bytes = 64;
  limits.fields = 2;
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string fits = start + "X: " + std::string(64 - start.size() - 7, 'a') + "\r\n\r\n";
  EXPECT_EQ(fits.size(), limits.head_bytes);
  EXPECT_NE(read_request(fits, limits).find("bytes 64"), std::string::npos);
  const std::string above = start + "X: " + std::string(64 - start.size() - 6, 'a') + "\r\n\r\n";
  EXPECT_EQ(read_request(above, limits), "refused 431: a head that is too long");
  const std::string full = above.substr(0, limits.head_bytes);  // no byte more would be looked at
  EXPECT_EQ(read_request(full, limits), "refused 431: a head that is too long");
  EXPECT_EQ(read_request(full.substr(0, limits.head_bytes - 1), limits), "more");
  EXPECT_EQ(read_request(start + "A: 1\r\nB: 2\r\n\r\n", limits), "refused 431: too many fields");
}

TEST(Rfc9110Section51, FieldsAreFoundWhateverTheirLetters) {
  const Request one = with("x-a: 1\r\nX-B: 2\r\nX-A: 3\r\n");
  const Field* const first = find(one.head, "X-a");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->value, "1");
  const Field* const second = find(one.head, "X-a", first);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->value, "3");
  EXPECT_EQ(find(one.head, "X-a", second), nullptr);
  EXPECT_EQ(find(one.head, "X"), nullptr);
  EXPECT_FALSE(same_name("a^", "a~"));  // differ by the bit that letters' cases differ by
}

/// Of 1 to 40 characters, which differ in all places.
std::vector<std::string> names_of_all_lengths() {
  std::vector<std::string> out;
  for (std::size_t length = 1; length <= 40; ++length) {
    std::string name;
    for (std::size_t i = 0; i < length; ++i) name += static_cast<char>('a' + (length + i * 5) % 26);
    out.push_back(name);
  }
  return out;
}

std::string capital(std::string name) {
  for (char& one : name) one = static_cast<char>(one - 'a' + 'A');
  return name;
}

TEST(Rfc9110Section51, FieldsOfAllLengthsAreFoundAndNoOthers) {
  const std::vector<std::string> names = names_of_all_lengths();
  for (const std::string& name : names) {
    const Request one = with(capital(name) + ": 1\r\n");
    for (const std::string& other : names) {
      EXPECT_EQ(find(one.head, other) != nullptr, other == name) << name << " " << other;
    }
    std::string changed = name;
    for (char& letter : changed) {
      const char before = std::exchange(letter, '-');
      EXPECT_FALSE(same_name(name, changed)) << changed;
      letter = before;
    }
  }
}

TEST(Rfc9110Section561, MembersOfListsAreFound) {
  EXPECT_TRUE(lists("a, Trailers ;q=1,b", "trailers"));
  EXPECT_TRUE(lists(",,trailers", "trailers"));
  EXPECT_FALSE(lists("a, trailersx", "trailers"));
  EXPECT_FALSE(lists("", "trailers"));
}

TEST(Rfc9110Section761, FieldsThatEndAtThisHopAreMarked) {
  const Request one = with(
      "Connection: close, X-Hop , te\r\nKeep-Alive: 5\r\nTE: trailers\r\nx-hop: 1\r\n"
      "Proxy-Authorization: x\r\nProxy-Connection: close\r\nProxy: evil\r\n"
      "Upgrade: websocket\r\nHTTP2-Settings: x\r\nTrailer: X-Sum\r\nProxy-Status: ok\r\n"
      "X-Hops: 2\r\n");
  ASSERT_EQ(one.state, Parse::Done);
  for (const char* name : {"connection", "keep-alive", "te", "x-hop", "proxy-authorization",
                           "proxy-connection", "proxy", "upgrade", "http2-settings"}) {
    EXPECT_TRUE(one.dropped(name)) << name;
  }
  for (const char* name : {"host", "trailer", "proxy-status", "x-hops"}) {
    EXPECT_FALSE(one.dropped(name)) << name;
  }
  EXPECT_TRUE(one.head.takes_trailers);
  EXPECT_FALSE(one.head.keep_alive);
}

TEST(Rfc9110Section761, ConnectionOptionsAreBounded) {
  std::string options = "Connection: a";
  for (int i = 1; i < 32; ++i) options += ",a";
  EXPECT_EQ(with(options + "\r\n").state, Parse::Done);
  EXPECT_EQ(with(options + ",a\r\n").why.status, 400);
}

TEST(Rfc9110Section78, OnlyOneProtocolThatConnectionNamesIsAnUpgrade) {
  struct {
    const char *lines, *upgrade;
  } const rows[] = {
      {"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n", "websocket"},
      {"Connection: upgrade\r\nUpgrade: foo/1.2\r\n", "foo/1.2"},
      {"Upgrade: websocket\r\n", ""},
      {"Connection: upgrade\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket, foo\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: foo\r\n", ""},
      {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", ""},
      {"Connection: Upgrade\r\nUpgrade: H2C\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: a b\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: foo/\r\n", ""},
  };
  for (const auto& row : rows) {
    const Request one = with(row.lines);
    ASSERT_EQ(one.state, Parse::Done) << row.lines;
    EXPECT_EQ(one.head.upgrade, row.upgrade) << row.lines;
    if (find(one.head, "upgrade") != nullptr) {
      EXPECT_EQ(one.dropped("upgrade"), one.head.upgrade.empty()) << row.lines;
    }
  }
  const Request old("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(old.head.upgrade, "");
  EXPECT_TRUE(old.dropped("upgrade"));
}

TEST(Rfc9110Section86, AnEqualLengthIsPassedOnOnce) {
  const Request one = with("Content-Length: 5\r\nX-A: 1\r\nContent-Length: 05\r\n");
  ASSERT_EQ(one.state, Parse::Done);
  EXPECT_EQ(one.head.drop.count(), 1u);
  EXPECT_TRUE(one.head.drop[3]);
}

TEST(Rfc9110Section1011, OnlyWhoHasABodyWaitsFor100) {
  EXPECT_TRUE(with("Expect: 100-Continue\r\nContent-Length: 1\r\n").head.expects_continue);
  EXPECT_TRUE(with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n").head.expects_continue);
  for (const char* lines : {"Expect: 100-continue\r\n",
                            "Expect: 100-continue\r\nContent-Length: 0\r\n", "Expect:\r\n"}) {
    const Request one = with(lines);
    ASSERT_EQ(one.state, Parse::Done) << lines;
    EXPECT_FALSE(one.head.expects_continue) << lines;
    EXPECT_TRUE(one.dropped("expect")) << lines;
  }
  const Request old("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_FALSE(old.head.expects_continue);
  EXPECT_TRUE(old.dropped("expect"));
  EXPECT_EQ(with("Expect: 100-continue, more\r\nContent-Length: 1\r\n").why.status, 417);
}

}  // namespace
}  // namespace http1
