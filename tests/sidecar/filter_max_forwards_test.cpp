#include "sidecar/filter_max_forwards.h"

#include <string>

#include <gtest/gtest.h>

#include "base/check.h"
#include "http1/forward.h"

namespace sidecar {
namespace {

/// A request through the filter.
struct Passage {
  explicit Passage(std::string bytes) : text(std::move(bytes)) {
    http1::Progress progress;
    http1::Refusal why;
    CHECK(http1::parse_request(text, {}, progress, exchange.request, why) == http1::Parse::Done);
    verdict = make_max_forwards_filter()->on_request(exchange, {});
  }
  /// What goes to the application, without the empty line.
  std::string forwarded() const {
    http1::Pieces pieces;
    http1::forward_request(exchange.request, pieces);
    std::string out;
    for (std::size_t i = 0; i < pieces.count; ++i) out += pieces.at[i];
    return out + std::string(exchange.to_upstream.lines());
  }
  std::string text;
  Exchange exchange;
  Verdict verdict;
};

TEST(MaxForwardsFilter, WhatGoesOnSaysOneLess) {
  const Passage options("OPTIONS * HTTP/1.1\r\nHost: a\r\nmax-forwards: 010\r\nX: 1\r\n\r\n");
  EXPECT_EQ(options.verdict, Verdict::Forward);
  EXPECT_EQ(options.forwarded(), "OPTIONS * HTTP/1.1\r\nHost: a\r\nX: 1\r\nMax-Forwards: 9\r\n");
  const Passage trace("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n");
  EXPECT_EQ(trace.forwarded(), "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n");
  const Passage far("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 99999999999999999999\r\n\r\n");
  EXPECT_EQ(far.forwarded(), "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 999999\r\n");
}

TEST(MaxForwardsFilter, AtZeroTheSidecarIsTheLastHop) {
  const Passage options("OPTIONS /a HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
  ASSERT_EQ(options.verdict, Verdict::Answer);
  EXPECT_EQ(options.exchange.reply.status, 200);
  EXPECT_EQ(options.exchange.reply.body, "");
  const Passage trace(
      "TRACE /a?b HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\nVia: 1.1 proxy\r\n"
      "Authorization: Basic x\r\nX-Api-Key: k\r\nMax-Forwards: 0\r\n\r\n");
  ASSERT_EQ(trace.verdict, Verdict::Answer);
  EXPECT_EQ(trace.exchange.reply.status, 200);
  EXPECT_EQ(trace.exchange.reply.content_type, "message/http");
  EXPECT_EQ(trace.exchange.reply.body,
            "TRACE /a?b HTTP/1.1\r\nHost: a\r\nVia: 1.1 proxy\r\nMax-Forwards: 0\r\n\r\n");
}

TEST(MaxForwardsFilter, WhatIsNoNumberOfHopsIsRefused) {
  for (const char* lines : {"Max-Forwards: \r\n", "Max-Forwards: -1\r\n", "Max-Forwards: 1x\r\n",
                            "Max-Forwards: 1, 2\r\n", "Max-Forwards: 1\r\nMax-Forwards: 1\r\n"}) {
    const Passage one("OPTIONS / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
    EXPECT_EQ(one.verdict, Verdict::Answer) << lines;
    EXPECT_EQ(one.exchange.reply.status, 400) << lines;
  }
}

TEST(MaxForwardsFilter, OtherMethodsAndRequestsWithoutItAreLetBe) {
  for (const char* text :
       {"GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
        "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    const Passage one(text);
    EXPECT_EQ(one.verdict, Verdict::Forward) << text;
    EXPECT_EQ(one.forwarded() + "\r\n", text);
  }
}

}  // namespace
}  // namespace sidecar
