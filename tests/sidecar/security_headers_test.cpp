// Which headers are said, and who knows a nonce.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "http1/forward.h"
#include "sidecar/filter_security_headers.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPage = "script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'";
constexpr const char* kFirst = "AAAAAAAAAAAAAAAAAAAAAA==";   // 16 times 0
constexpr const char* kSecond = "AQEBAQEBAQEBAQEBAQEBAQ==";  // 16 times 1

SecurityHeaders with_policy(const std::string& policy = kPage) {
  SecurityHeaders out;
  out.content_policy = policy;
  return out;
}

/// A request and its response through the filter.
struct Passage {
  explicit Passage(const SecurityHeaders& headers)
      : filter(make_security_headers_filter(headers, [this] {
          Nonce nonce;
          nonce.fill(static_cast<unsigned char>(drawn++));
          return nonce;
        })) {
    exchange.client = &client;
  }
  /// What goes to the application.
  std::string request(const std::string& lines = "") {
    asked = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
    http1::Progress progress;
    http1::Refusal why;
    CHECK(http1::parse_request(asked, {}, progress, exchange.request, why) == http1::Parse::Done);
    exchange.to_upstream.add("X-Before", "1");
    if (filter->hooks().request) filter->on_request(exchange, {});
    http1::Pieces pieces;
    http1::forward_request(exchange.request, pieces);
    return text_of(pieces) + std::string(exchange.to_upstream.lines());
  }
  /// What comes back.
  std::string response(const std::string& lines = "", const char* status = "200 OK") {
    answered = std::string("HTTP/1.1 ") + status + "\r\n" + lines + "\r\n";
    http1::Progress progress;
    http1::Refusal why;
    http1::ResponseHead head;
    CHECK(http1::parse_response(answered, "GET", {}, progress, head, why) == http1::Parse::Done);
    exchange.response = &head;
    filter->on_response(exchange);
    http1::Pieces pieces;
    http1::forward_response(head, pieces);
    return text_of(pieces) + std::string(exchange.to_client.lines());
  }
  static std::string text_of(const http1::Pieces& pieces) {
    std::string out;
    for (std::size_t i = 0; i < pieces.count; ++i) out += pieces.at[i];
    return out;
  }

  int drawn = 0;
  std::unique_ptr<Filter> filter;
  Client client;
  std::string asked, answered;
  Exchange exchange;
};

TEST(SecurityHeadersFilter, TellsTheApplicationAndTheBrowserTheSameNonce) {
  Passage passage(with_policy());
  EXPECT_THAT(passage.request(),
              EndsWith(std::string("X-Before: 1\r\nX-CSP-Nonce: ") + kFirst + "\r\n"));
  passage.exchange.to_upstream.add("X-Behind", "2");
  EXPECT_THAT(passage.response(),
              HasSubstr(std::string("Content-Security-Policy: script-src 'nonce-") + kFirst +
                        "'; style-src 'self' 'nonce-" + kFirst + "'\r\n"));
  EXPECT_EQ(passage.drawn, 1);
}

TEST(SecurityHeadersFilter, TheNextRequestHasAnother) {
  Passage passage(with_policy());
  passage.request();
  passage.exchange.clear();
  passage.exchange.client = &passage.client;
  EXPECT_THAT(passage.request(), HasSubstr(kSecond));
  EXPECT_THAT(passage.response(), HasSubstr(kSecond));
}

TEST(SecurityHeadersFilter, NobodyElseSaysTheNonce) {
  Passage passage(with_policy());
  const std::string sent = passage.request(
      "x-csp-nonce: mine\r\nX_CSP_NONCE: mine\r\nX-CSP_Nonce: mine\r\nX-CSP-Nonce2: other\r\n");
  EXPECT_THAT(sent, Not(HasSubstr("mine")));
  EXPECT_THAT(sent, HasSubstr("X-CSP-Nonce2: other\r\n"));
}

TEST(SecurityHeadersFilter, WithoutANonceThePolicyIsSaidAsItIsAndNothingIsDrawn) {
  Passage passage(with_policy("default-src 'self'"));
  EXPECT_FALSE(passage.filter->hooks().request);
  EXPECT_THAT(passage.request("X-CSP-Nonce: mine\r\n"), HasSubstr("mine"));
  EXPECT_THAT(passage.response(), HasSubstr("Content-Security-Policy: default-src 'self'\r\n"));
  EXPECT_THAT(passage.response("", "304 Not Modified"), HasSubstr("default-src 'self'"));
  EXPECT_EQ(passage.drawn, 0);
}

TEST(SecurityHeadersFilter, AnAnswerToWhatItNeverSawHasANonceThatNobodyKnows) {
  Passage passage(with_policy());
  EXPECT_THAT(passage.response("", "400 Bad Request"), HasSubstr(kFirst));
}

TEST(SecurityHeadersFilter, APageThatTheBrowserHasGetsNoOtherPolicy) {
  for (const bool replace : {false, true}) {
    SecurityHeaders headers = with_policy();
    headers.replace = replace;
    Passage passage(headers);
    passage.request();
    const std::string said = passage.response("Content-Security-Policy: a\r\n", "304 Not Modified");
    EXPECT_THAT(said, Not(HasSubstr("nonce")));
    EXPECT_EQ(said.find("Content-Security-Policy: a") != std::string::npos, !replace);
  }
}

TEST(SecurityHeadersFilter, TheApplicationsAreKeptOrReplacedAllOfThem) {
  SecurityHeaders headers = with_policy();
  Passage kept(headers);
  kept.request();
  const std::string lines =
      "content-security-policy: a\r\nContent-Security-Policy: b\r\nX-Frame-Options: DENY\r\n";
  const std::string as_it_is = kept.response(lines);
  EXPECT_THAT(as_it_is, HasSubstr(lines));
  EXPECT_THAT(as_it_is, Not(HasSubstr("nonce")));
  EXPECT_THAT(as_it_is, Not(HasSubstr("SAMEORIGIN")));
  headers.replace = true;
  Passage replaced(headers);
  replaced.request();
  const std::string other = replaced.response(lines);
  EXPECT_THAT(other, Not(HasSubstr("DENY")));
  EXPECT_THAT(other, Not(HasSubstr("olicy: a\r\n")));
  EXPECT_THAT(other, Not(HasSubstr("olicy: b\r\n")));
  EXPECT_THAT(other, HasSubstr("X-Frame-Options: SAMEORIGIN\r\n"));
  EXPECT_THAT(other, HasSubstr(kFirst));
}

TEST(SecurityHeadersFilter, WhatHasNoValueIsNotSaid) {
  SecurityHeaders headers;
  headers.frame_options = headers.referrer_policy = headers.permissions_policy = "";
  headers.opener_policy = "same-origin";
  Passage passage(headers);
  passage.client.tls = true;
  headers.transport_security = "";
  const std::string said = passage.response();
  EXPECT_THAT(said, Not(HasSubstr("X-Frame-Options")));
  EXPECT_THAT(said, Not(HasSubstr("Referrer-Policy")));
  EXPECT_THAT(said, HasSubstr("Cross-Origin-Opener-Policy: same-origin\r\n"));
  EXPECT_THAT(said, HasSubstr("Strict-Transport-Security: max-age=31536000\r\n"));
  Passage none(headers);
  none.client.tls = true;
  EXPECT_THAT(none.response(), Not(HasSubstr("Strict-Transport-Security")));
}

TEST(SecurityHeaders, NoNonceIsDrawnTwice) {
  constexpr std::size_t kMany = 1000;
  const DrawNonce one = system_nonces(), other = system_nonces();
  std::set<Nonce> drawn;
  for (std::size_t i = 0; i < kMany; ++i) {
    drawn.insert(one());
    drawn.insert(other());
  }
  EXPECT_EQ(drawn.size(), 2 * kMany);
}

TEST(SecurityHeaders, WhatAnApplicationMayReadOneForTheOtherIsTheSame) {
  EXPECT_TRUE(same_variable("X_csp-NONCE", "X-CSP-Nonce"));
  EXPECT_FALSE(same_variable("X-CSP-Nonc", "X-CSP-Nonce"));
  EXPECT_TRUE(same_variable("X.CSP.Nonce", "X-CSP-Nonce"));
}

TEST(SecurityHeaders, PagesAreWhatBrowsersRunScriptsOf) {
  const auto page = [](const std::string& lines) {
    const std::string text = "HTTP/1.1 200 OK\r\n" + lines + "Content-Length: 0\r\n\r\n";
    http1::Progress progress;
    http1::Refusal why;
    http1::ResponseHead head;
    CHECK(http1::parse_response(text, "GET", {}, progress, head, why) == http1::Parse::Done);
    return may_be_page(head);
  };
  for (const char* type :
       {"text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml", "image/svg+xml",
        "text/xml", "multipart/x-mixed-replace", "nonsense", ""}) {
    EXPECT_TRUE(page(std::string("Content-Type: ") + type + "\r\n")) << type;
  }
  EXPECT_TRUE(page(""));
  for (const char* type :
       {"text/css", "text/javascript", "image/png", "application/json; x=html"}) {
    EXPECT_FALSE(page(std::string("Content-Type: ") + type + "\r\n")) << type;
  }
}

TEST(SecurityHeaders, ValuesAreJudged) {
  EXPECT_TRUE(check(SecurityHeaders()));
  EXPECT_TRUE(check(with_policy()));
  EXPECT_TRUE(check(with_policy("")));
  for (const char* policy : {"script-src {nonce}", "'nonce-{nonce}", "'nonce-{nonces}'", "{",
                             "{nonce}'", "a\r\nX: b", "a\tb", "caf\xc3\xa9"}) {
    const auto judged = check(with_policy(policy));
    ASSERT_FALSE(judged) << policy;
    EXPECT_THAT(judged.error().message, HasSubstr("--content-security-policy"));
  }
  EXPECT_FALSE(check(with_policy(std::string(4097, 'a'))));
  for (const char* name : {"", "X-", "Nonce", "Host", "X-Forwarded-Host", "x_forwarded-for",
                           "X-Request-ID", "X-A:", "X-A B"}) {
    SecurityHeaders headers;
    headers.nonce_header = name;
    EXPECT_FALSE(check(headers)) << name;
  }
  SecurityHeaders headers;
  headers.nonce_header = "x-page1-nonce";
  headers.frame_options = "DENY";
  EXPECT_TRUE(check(headers));
  headers.frame_options = "deny";
  EXPECT_FALSE(check(headers));
}

}  // namespace
}  // namespace sidecar
