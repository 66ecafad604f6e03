// Against a server that says, byte for byte, what a test tells it to.
#include "net/http_client.h"

#include <deque>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "aio/deadline.h"
#include "aio/task_group.h"

namespace net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using testing::HasSubstr;

/// What is said after one request; then the connection is closed, or waits for the next.
struct Saying {
  std::vector<std::string> parts;  // each in a write of its own, `pause` apart
  bool close = false;
  base::Duration pause{};
};

class ScriptedServer {
 public:
  explicit ScriptedServer(asio::io_context& context)
      : acceptor_(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    asio::co_spawn(context, accept(), asio::detached);
  }

  Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  std::deque<Saying> script;
  std::vector<std::string> requests;
  /// Over which something was asked: a port that was another's before may be tried by its clients.
  int connections = 0;
  std::vector<error_code> ends;  // of connections, where the client ended them

 private:
  aio::Task<> accept() {
    for (;;) {
      error_code error;
      auto socket = std::make_shared<tcp::socket>(acceptor_.get_executor());
      co_await acceptor_.async_accept(*socket, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      asio::co_spawn(acceptor_.get_executor(), serve(socket), asio::detached);
    }
  }

  aio::Task<> serve(std::shared_ptr<tcp::socket> socket) {
    aio::SystemClock clock;
    error_code error;
    std::string buffer;
    for (bool first = true;; first = false) {
      const std::size_t size =
          co_await asio::async_read_until(*socket, asio::dynamic_buffer(buffer), "\r\n\r\n",
                                          asio::redirect_error(asio::use_awaitable, error));
      if (error) ends.push_back(error);
      if (error || script.empty()) co_return;
      if (first) ++connections;
      requests.push_back(buffer.substr(0, size));
      buffer.clear();
      const Saying saying = std::move(script.front());
      script.pop_front();
      for (const std::string& part : saying.parts) {
        co_await asio::async_write(*socket, asio::buffer(part),
                                   asio::redirect_error(asio::use_awaitable, error));
        co_await aio::wait_for(clock, saying.pause, {});
      }
      if (saying.close) co_return;
    }
  }

  tcp::acceptor acceptor_;
};

constexpr const char* kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Say: yes\r\n\r\nhello";

class HttpClientTest : public testing::Test {
 protected:
  base::Result<HttpAnswer> get(std::stop_token stop = {}) {
    return aio::run(context, client.exchange({.target = "/a?b=c"}, std::move(stop)));
  }
  base::Result<HttpAnswer> stream(HttpClient::Sink sink, std::stop_token stop = {}) {
    return aio::run(context,
                    client.stream({}, std::move(sink), [this] { ++opened; }, std::move(stop)));
  }
  void says(std::vector<std::string> parts, bool close = false, base::Duration pause = {}) {
    server.script.push_back({std::move(parts), close, pause});
  }

  aio::Task<base::Result<>> ask(std::string method, std::stop_token stop) {
    static_cast<void>(co_await client.exchange({.method = std::move(method)}, std::move(stop)));
    co_return base::Result<>{};
  }
  /// A request that the server has, and gives no answer to. How its connection ended.
  error_code end_of_given_up(std::string method) {
    says({});
    server.requests.clear();
    server.ends.clear();
    std::stop_source stop;
    aio::TaskGroup group(context.get_executor());
    group.spawn(ask(std::move(method), stop.get_token()));
    context.restart();
    while (server.requests.empty()) context.run_one();
    stop.request_stop();
    while (server.ends.empty()) context.run_one();
    return server.ends.front();
  }

  int opened = 0;  // streams that were accepted
  asio::io_context context;
  ScriptedServer server{context};
  HttpClient client{
      context.get_executor(), server.address(), nullptr, {.body_bytes_max = 1000, .idle_max = 8}};
};

TEST_F(HttpClientTest, AsksAndAnswersWithHeadersOfAnyCase) {
  says({kHello});
  const auto answer = get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "hello");
  ASSERT_NE(answer->header("x-SAY"), nullptr);
  EXPECT_EQ(*answer->header("x-SAY"), "yes");
  EXPECT_EQ(answer->header("x-sa"), nullptr);
  EXPECT_THAT(server.requests.at(0),
              testing::StartsWith("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_F(HttpClientTest, OfAWriteThatIsGivenUpNothingMoreIsSent) {
  EXPECT_EQ(end_of_given_up("PATCH"), asio::error::connection_reset);
  EXPECT_EQ(end_of_given_up("GET"), asio::error::eof);
}

TEST_F(HttpClientTest, KeepsItsConnectionAndUsesItAgain) {
  for (int i = 0; i < 3; ++i) {
    says({kHello});
    ASSERT_TRUE(get().has_value());
  }
  EXPECT_EQ(server.connections, 1);
  EXPECT_EQ(client.opened(), 1U);
}

TEST_F(HttpClientTest, DoesNotUseAConnectionThatTheServerClosedOrThatSaidMore) {
  says({kHello}, true);
  says({std::string(kHello) + "more"});
  says({kHello});
  for (int i = 0; i < 3; ++i) {
    const auto answer = get();
    ASSERT_TRUE(answer.has_value()) << i << ": " << answer.error().message;
    EXPECT_EQ(answer->body, "hello");
    context.restart();
    context.run_for(std::chrono::milliseconds(20));  // the close arrives
  }
  EXPECT_EQ(server.connections, 3);
}

TEST_F(HttpClientTest, DoesNotKeepAConnectionThatTheServerWantsToClose) {
  says({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"});
  says({kHello});
  ASSERT_TRUE(get().has_value());
  ASSERT_TRUE(get().has_value());
  EXPECT_EQ(server.connections, 2);
}

TEST_F(HttpClientTest, AStreamComesPieceByPieceWhateverTheWritesAre) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n";
  for (std::size_t size = 1; size < 12; ++size) {
    const std::string whole = head + body;
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < whole.size(); at += size) parts.push_back(whole.substr(at, size));
    says(std::move(parts));
    std::string got;
    const auto answer = stream([&](std::string_view bytes) {
      got += bytes;
      return true;
    });
    ASSERT_TRUE(answer.has_value()) << size << ": " << answer.error().message;
    EXPECT_EQ(got, "abcdefgh");
    EXPECT_EQ(answer->body, "");
  }
  EXPECT_EQ(client.opened(), 1U);
  EXPECT_EQ(server.connections, 1);
}

TEST_F(HttpClientTest, APieceIsHandedOutBeforeTheNextOneCame) {
  says({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "1\r\nd\r\n0\r\n\r\n"},
       false, base::millis(60));
  std::vector<base::TimePoint> when;
  ASSERT_TRUE(stream([&](std::string_view) {
                when.push_back(aio::now());
                return true;
              }).has_value());
  ASSERT_EQ(when.size(), 2U);
  EXPECT_GE(when[1] - when[0], base::millis(40));
  EXPECT_EQ(opened, 1);
}

TEST_F(HttpClientTest, TheSinkEndsAStreamAndItsConnectionIsNotUsedAgain) {
  says({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"});
  says({kHello});
  const auto answer = stream([](std::string_view) { return false; });
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200U);
  ASSERT_TRUE(get().has_value());
  EXPECT_EQ(server.connections, 2);
}

TEST_F(HttpClientTest, ARefusalOfAStreamIsKeptWhole) {
  says({"HTTP/1.1 410 Gone\r\nContent-Length: 7\r\n\r\nexpired"});
  const auto answer = stream([](std::string_view) {
    ADD_FAILURE() << "a refusal is no stream";
    return true;
  });
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 410U);
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(answer->body, "expired");
}

TEST_F(HttpClientTest, AnAnswerMayEndWithTheConnection) {
  says({"HTTP/1.0 200 OK\r\n\r\nthis ", "and that"}, true, base::millis(5));
  const auto answer = get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "this and that");
}

TEST_F(HttpClientTest, WhatBreaksWithinAnAnswerIsAnError) {
  for (const char* said : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    says({said}, true);
    const auto answer = get();
    ASSERT_FALSE(answer.has_value()) << said;
    EXPECT_EQ(answer.error().code, base::Code::Unavailable);
    EXPECT_EQ(answer.error().retry, base::Retry::Backoff);
  }
}

TEST_F(HttpClientTest, AnInterimAnswerIsNotTheAnswer) {
  says({"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", kHello}, false, base::millis(5));
  says({std::string("HTTP/1.1 100 Continue\r\n\r\n") + kHello});
  for (int i = 0; i < 2; ++i) {
    const auto answer = get();
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body, "hello");
  }
  EXPECT_EQ(server.connections, 1);
}

TEST_F(HttpClientTest, ALineEndCannotSlipIntoARequest) {
  for (const HttpCall& call :
       {HttpCall{"GET", "/a b"}, HttpCall{"GET", "/a\r\nX: y"}, HttpCall{"GET\n", "/"},
        HttpCall{"GET", "/", {{"Authorization", "Bearer x\nImpersonate-User: y"}}}}) {
    const auto answer = aio::run(context, client.exchange(call, {}));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, base::Code::InvalidArgument);
  }
  EXPECT_EQ(server.connections, 0);
}

TEST_F(HttpClientTest, AfterAFailureOrARefusalOfWhoWeAreConnectionsAreNew) {
  says({"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"});
  says({kHello});
  EXPECT_EQ(get()->status, 401U);
  EXPECT_EQ(get()->status, 200U);
  EXPECT_EQ(server.connections, 2);
  client.use(nullptr);  // another identity
  says({kHello});
  EXPECT_EQ(get()->status, 200U);
  EXPECT_EQ(server.connections, 3);
}

TEST_F(HttpClientTest, WhatIsNoHttpIsAnError) {
  says({"220 mail.example ESMTP\r\n\r\n"});
  const auto answer = get();
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().message, HasSubstr("no HTTP"));
}

TEST_F(HttpClientTest, ABodyOverTheLimitIsRefused) {
  says({"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x')});
  says({"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')});
  const auto answer = get();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::Code::ResourceExhausted);
  EXPECT_TRUE(get().has_value());
}

TEST_F(HttpClientTest, AServerThatSaysNothingIsGivenUpWhenTheCallerStops) {
  aio::SystemClock clock;
  says({});
  const auto answer = aio::run(
      context, aio::with_deadline(clock, clock.now() + base::millis(30), {}, "ask",
                                  [&](std::stop_token stop) { return client.exchange({}, stop); }));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::Code::DeadlineExceeded);
  EXPECT_THAT(answer.error().message, HasSubstr("GET / was cancelled"));
}

TEST_F(HttpClientTest, ConnectingHasALimitOfItsOwn) {
  // What listens there waits for the end of a head, of which TLS has none.
  TlsOptions any;
  any.insecure = true;
  const auto tls = make_tls_context(any);
  ASSERT_TRUE(tls.has_value());
  HttpClient hasty(context.get_executor(), server.address(), *tls,
                   HttpClientLimits{.connect_max = base::millis(30)});
  const auto answer = aio::run(context, hasty.exchange({}, {}));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::Code::DeadlineExceeded);
  EXPECT_THAT(answer.error().message, HasSubstr("connect to 127.0.0.1:"));
}

TEST_F(HttpClientTest, APortWithoutAServerIsUnavailable) {
  HttpClient nobody(context.get_executor(), {"127.0.0.1", 1}, nullptr);
  const auto answer = aio::run(context, nobody.exchange({}, {}));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::Code::Unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1:1"));
}

TEST_F(HttpClientTest, RequestsAtTheSameTimeHaveConnectionsOfTheirOwn) {
  says({kHello}, false, base::millis(30));
  says({kHello}, false, base::millis(30));
  int done = 0;
  for (int i = 0; i < 2; ++i) {
    asio::co_spawn(context, client.exchange({}, {}),
                   [&](std::exception_ptr, base::Result<HttpAnswer> answer) {
                     done += answer.has_value() && answer->body == "hello";
                   });
  }
  context.restart();
  context.run_for(std::chrono::milliseconds(500));
  EXPECT_EQ(done, 2);
  EXPECT_EQ(server.connections, 2);
}

}  // namespace
}  // namespace net
