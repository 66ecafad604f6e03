// The response parser takes any bytes in any pieces; pieces must not change what it reads.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/cookies.h"
#include "net/http_response.h"
#include "net/server_timing.h"

namespace {
/// What stands in the headers is read by parsers of its own.
void read_values(const net::HttpResponseParser& answer) {
  net::CookieJar jar;
  for (const std::string& cookie : answer.values(0)) jar.take(cookie, base::WallTime{});
  const std::string header = jar.header();
  CHECK(header.find_first_of("\r\n") == std::string::npos && header.empty() == jar.empty());
  for (const std::string& timing : answer.values(1)) {
    CHECK(net::server_timing_millis(timing, "db") >= 0);
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Parser = net::HttpResponseParser;
  if (size < 1) {
    return 0;
  }
  const net::HttpExpectation expected{
      (data[0] & 1U) != 0, "ready", {"x-server", "x-term"}, {"set-cookie", "server-timing"}};
  const std::size_t piece = data[0] / 2U + 1U;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Parser whole(expected);
  Parser parts(expected);
  const auto first = whole.feed(text);
  auto second = Parser::State::More;
  std::size_t at = 0;
  while (at < text.size() && second == Parser::State::More) {
    second = parts.feed(text.substr(at, piece));
    at += piece;
  }
  const bool rest = at < text.size() && second == Parser::State::Done;
  CHECK(rest || first == second);
  if (first == Parser::State::Done) {
    CHECK(whole.status() == parts.status() && whole.found() == parts.found());
    CHECK(whole.keep_alive() == parts.keep_alive() && whole.header(0) == parts.header(0));
    CHECK(whole.values(0) == parts.values(0) && whole.values(1) == parts.values(1));
    read_values(whole);
  }
  whole.closed();
  whole.reset();
  CHECK(!whole.started());
  return 0;
}
