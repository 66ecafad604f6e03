#include "sidecar/pipeline.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "http1/forward.h"
#include "sidecar/error_reply.h"
#include "sidecar/filter_request_id.h"
#include "sidecar/filter_trace_context.h"

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Of the only core, without limits.
Pipeline assembled(Settings settings) {
  settings.protection.limiting = Limiting::Off;
  static std::vector<std::unique_ptr<Shared>> shared;  // outlives the pipelines
  auto made = Shared::create(settings, 1, "");
  CHECK(made.has_value());
  shared.push_back(std::move(*made));
  return assemble(settings, 1, {*shared.back(), 0});
}

/// An exchange through the filters, as the proxy does it.
class Passage {
 public:
  explicit Passage(Pipeline& pipeline) : pipeline_(pipeline) {
    client.address = "10.0.0.7";
    exchange.client = &client;
  }

  /// What goes to the application, without the empty line.
  std::string request(const std::string& lines) {
    text_ = "GET /a HTTP/1.1\r\nHost: shop\r\n" + lines + "\r\n";
    http1::Progress progress;
    http1::Refusal refusal;
    EXPECT_EQ(http1::parse_request(text_, {}, progress, exchange.request, refusal),
              http1::Parse::Done);
    verdict = pipeline_.on_request(exchange, {});
    http1::Pieces pieces;
    http1::forward_request(exchange.request, pieces);
    std::string out;
    for (std::size_t i = 0; i < pieces.count; ++i) out += pieces.at[i];
    return out + std::string(exchange.to_upstream.lines());
  }

  /// What is added for the client.
  std::string response(const std::string& lines) {
    const std::string text = "HTTP/1.1 200 OK\r\n" + lines + "\r\n";
    http1::ResponseHead head;
    http1::Progress progress;
    http1::Refusal refusal;
    EXPECT_EQ(http1::parse_response(text, "GET", {}, progress, head, refusal), http1::Parse::Done);
    exchange.response = &head;
    pipeline_.on_response(exchange);
    exchange.response = nullptr;
    return std::string(exchange.to_client.lines());
  }

  Client client;
  Exchange exchange;
  Verdict verdict = Verdict::Forward;

 private:
  Pipeline& pipeline_;
  std::string text_;
};

class Noting final : public Filter {
 public:
  Noting(std::string name, std::vector<std::string>& notes, bool answers)
      : name_(std::move(name)), notes_(notes), answers_(answers) {}
  Hooks hooks() const override { return {true, true, true}; }
  Verdict on_request(Exchange&, base::TimePoint) override {
    notes_.push_back(name_ + " request");
    return answers_ ? Verdict::Answer : Verdict::Forward;
  }
  void on_response(Exchange&) override { notes_.push_back(name_ + " response"); }
  void on_end(const Exchange&, const Ending&) override { notes_.push_back(name_ + " end"); }

 private:
  std::string name_;
  std::vector<std::string>& notes_;
  bool answers_;
};

TEST(Pipeline, ShowsRequestsInOrderAndResponsesInReverse) {
  std::vector<std::string> notes;
  Pipeline pipeline;
  pipeline.add(std::make_unique<Noting>("a", notes, false));
  pipeline.add(std::make_unique<Noting>("b", notes, false));
  Passage passage(pipeline);
  passage.request("");
  passage.response("");
  pipeline.on_end(passage.exchange, {});
  EXPECT_THAT(notes,
              ElementsAre("a request", "b request", "b response", "a response", "a end", "b end"));
}

TEST(Pipeline, StopsAtTheFirstAnswer) {
  std::vector<std::string> notes;
  Pipeline pipeline;
  pipeline.add(std::make_unique<Noting>("a", notes, true));
  pipeline.add(std::make_unique<Noting>("b", notes, false));
  Passage passage(pipeline);
  passage.request("");
  EXPECT_EQ(passage.verdict, Verdict::Answer);
  EXPECT_THAT(notes, ElementsAre("a request"));
}

TEST(Filters, ReplaceARequestIdThatIsHarmful) {
  Settings settings;
  Pipeline pipeline = assembled(settings);
  const std::vector<std::string> harmful{"X-Request-ID: a b\r\n", "X-Request-ID:\r\n",
                                         "x-request-id: \"x\"\r\n",
                                         "X-Request-ID: a\r\nX-Request-ID: b\r\n"};
  for (const std::string& bad : harmful) {
    Passage passage(pipeline);
    const std::string sent = passage.request(bad);
    EXPECT_THAT(sent, Not(HasSubstr(bad)));
    EXPECT_THAT(sent, HasSubstr("X-Request-ID: " + passage.exchange.request_id + "\r\n"));
    EXPECT_EQ(passage.exchange.request_id.size(), 32U);
  }
  EXPECT_TRUE(valid_request_id(std::string(128, 'a')));
  EXPECT_FALSE(valid_request_id(std::string(129, 'a')));
}

TEST(Filters, GiveAnIdToAnswersOfRequestsThatWereNotRead) {
  Settings settings;
  Pipeline pipeline = assembled(settings);
  Passage passage(pipeline);
  const std::string added = passage.response("");
  EXPECT_EQ(passage.exchange.request_id.size(), 32U);
  EXPECT_THAT(added, HasSubstr("X-Request-ID: " + passage.exchange.request_id));
}

TEST(Filters, NeverTouchHeadersThatTheApplicationSets) {
  Settings settings;
  Pipeline pipeline = assembled(settings);
  Passage plain(pipeline);
  EXPECT_THAT(plain.response("x-frame-options: DENY\r\n"), Not(HasSubstr("X-Frame-Options")));
  EXPECT_THAT(std::string(plain.exchange.to_client.lines()), HasSubstr("nosniff"));
  EXPECT_THAT(std::string(plain.exchange.to_client.lines()), Not(HasSubstr("Strict-Transport")));
  Passage secure(pipeline);
  secure.client.tls = true;
  EXPECT_THAT(secure.response(""), HasSubstr("Strict-Transport-Security: max-age=31536000\r\n"));
  settings.security_headers.on = false;
  Pipeline without = assembled(settings);
  Passage bare(without);
  EXPECT_THAT(bare.response(""), Not(HasSubstr("nosniff")));
}

TEST(Filters, WriteForwardedAddressesOfBothFamilies) {
  Settings settings;
  Pipeline pipeline = assembled(settings);
  Passage passage(pipeline);
  passage.client.address = "2001:db8::1";
  const std::string sent = passage.request("Forwarded: for=a\r\n");
  EXPECT_THAT(sent, HasSubstr("X-Forwarded-For: 2001:db8::1\r\n"));
  EXPECT_THAT(sent, HasSubstr("Forwarded: for=a, for=\"[2001:db8::1]\";proto=http\r\n"));
  settings.forwarded = Forwarded::Off;
  Pipeline off = assembled(settings);
  Passage untouched(off);
  EXPECT_THAT(untouched.request("X-Forwarded-For: a\r\n"), Not(HasSubstr("10.0.0.7")));
}

TEST(Filters, KnowAValidTraceparent) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(valid_traceparent(good));
  EXPECT_TRUE(valid_traceparent("cc" + good.substr(2) + "-what-comes-later"));
  const std::vector<std::string> wrong{"",
                                       good + "-x",
                                       "ff" + good.substr(2),
                                       good.substr(1),
                                       "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                       "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                       "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                       "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                       "cc" + good.substr(2) + "x"};
  for (const std::string& bad : wrong) {
    EXPECT_FALSE(valid_traceparent(bad)) << bad;
  }
}

TEST(Filters, MakeATraceparentByChoice) {
  Settings settings;
  settings.make_trace = true;
  Pipeline pipeline = assembled(settings);
  Passage passage(pipeline);
  const std::string sent = passage.request("tracestate: a=b\r\n");
  const auto at = sent.find("traceparent: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(valid_traceparent(std::string_view(sent).substr(at + 13, 55)));
}

TEST(Exchange, IsAsNewAfterClear) {
  Settings settings;
  Pipeline pipeline = assembled(settings);
  Passage passage(pipeline);
  passage.request("X-Request-ID: one\r\n");
  passage.response("");
  passage.exchange.notes[3] = 7;
  passage.exchange.clear();
  EXPECT_TRUE(passage.exchange.request_id.empty());
  EXPECT_TRUE(passage.exchange.to_client.lines().empty());
  EXPECT_TRUE(passage.exchange.to_upstream.lines().empty());
  EXPECT_TRUE(passage.exchange.request.drop.none());
  EXPECT_EQ(passage.exchange.notes[3], 0U);
}

TEST(ErrorReply, IsJsonWhateverTheMessage) {
  std::string body;
  write_error_body(body, 400, "bad_request", "a \"quoted\"\\ and\n broken line", "id-1");
  EXPECT_EQ(body,
            "{\"error\":{\"status\":400,\"reason\":\"bad_request\",\"message\":"
            "\"a \\\"quoted\\\"\\\\ and\\u000a broken line\",\"requestId\":\"id-1\"}}\n");
  std::string head;
  write_reply_head(head, 503, "text/plain", 3);
  EXPECT_EQ(head,
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
            "Content-Length: 3\r\n");
}

}  // namespace
}  // namespace sidecar
