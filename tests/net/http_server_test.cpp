// The server over TLS, as the clients of others see it: curl and openssl's own.
#include "net/http_server.h"

#include <fstream>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "aio/task_group.h"
#include "crypto/certificate.h"

namespace net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using testing::HasSubstr;

constexpr const char* kName = "server.test.svc";
constexpr std::size_t kBodyMax = 100'000;

crypto::Validity now_valid() {
  const base::WallTime now = aio::wall_now();
  return {now - base::seconds(3600), now + base::seconds(86'400)};
}

class HttpsServerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = testing::TempDir() + "muster-https-" + std::to_string(::getpid());
    authority = crypto::make_authority("test", now_valid());
    begin({.connections_max = 8, .body_bytes_max = kBodyMax, .idle = base::millis(700)});
  }
  void TearDown() override {
    end();
    std::remove(ca_file().c_str());
  }

  void begin(HttpServerLimits limits) {
    auto made = HttpServer::listen_tls(
        clock, context.get_executor(), "127.0.0.1:0", identity,
        [this](HttpRequest request, std::stop_token token) {
          return answer(std::move(request), std::move(token));
        },
        limits);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    server = std::move(*made);
    asio::co_spawn(context, server->serve(stop.get_token()),
                   [this](std::exception_ptr, base::Result<>) { ended = true; });
  }
  void end() {
    stop.request_stop();
    context.restart();
    while (!ended && context.run_one() > 0) {
    }
    stop = std::stop_source();
    ended = false;
  }

  aio::Task<HttpReply> answer(HttpRequest request, std::stop_token token) {
    if (request.target == "/slow") {
      asked_slowly = true;
      static_cast<void>(co_await aio::wait_for(clock, base::seconds(30), token));
      stopped = token.stop_requested();
    }
    if (request.target == "/who") co_return HttpReply{200, "text/plain", request.client};
    co_return HttpReply{200, "text/plain", request.method + " " + request.body};
  }

  void show(const crypto::KeyPair& signer) {
    const auto made = crypto::make_server(signer, {kName}, now_valid());
    ASSERT_TRUE(made.has_value()) << made.error().message;
    const auto set = identity->set(made->certificate, made->key);
    ASSERT_TRUE(set.has_value()) << set.error().message;
  }
  std::string url() const {
    return "https://" + std::string(kName) + ":" + std::to_string(server->port()) + "/";
  }
  std::string ca_file() const { return folder + ".ca"; }
  void trust(const std::string& pem) const { std::ofstream(ca_file()) << pem; }

  aio::ProcessOutcome process(std::vector<std::string> argv, const std::string& input = "") {
    aio::Command command;
    command.argv = std::move(argv);
    command.input = input;
    const auto out = aio::run(context, aio::run_process(clock, command, {}));
    EXPECT_TRUE(out.has_value()) << out.error().message;
    return out.value_or(aio::ProcessOutcome{});
  }
  std::vector<std::string> curl_words(const std::vector<std::string>& more,
                                      const std::string& path) const {
    const std::string port = std::to_string(server->port());
    std::vector<std::string> argv = {
        "curl",     "-sS",     "--noproxy", "*",
        "--cacert", ca_file(), "--resolve", std::string(kName) + ":" + port + ":127.0.0.1"};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.push_back(url() + path.substr(1));
    return argv;
  }
  aio::ProcessOutcome curl(const std::vector<std::string>& more = {}, const std::string& path = "/",
                           const std::string& input = "") {
    return process(curl_words(more, path), input);
  }
  aio::ProcessOutcome s_client(std::vector<std::string> more) {
    std::vector<std::string> argv = {"openssl", "s_client", "-connect",
                                     "127.0.0.1:" + std::to_string(server->port())};
    argv.insert(argv.end(), more.begin(), more.end());
    return process(std::move(argv));
  }

  std::string folder;
  aio::SystemClock clock;
  asio::io_context context;
  crypto::KeyPair authority;
  std::shared_ptr<ServerIdentity> identity = std::make_shared<ServerIdentity>();
  std::unique_ptr<HttpServer> server;
  std::stop_source stop;
  bool ended = false, stopped = false, asked_slowly = false;
};

TEST_F(HttpsServerTest, CurlTakesWhatItsAuthoritySigned) {
  show(authority);
  trust(authority.certificate);
  const auto got = curl({"-d", "hello"});
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.out, "POST hello");
  EXPECT_EQ(curl({"--tls-max", "1.2"}).exit_code, 0);
  trust(crypto::make_authority("another", now_valid()).certificate);
  EXPECT_EQ(curl().exit_code, 60);  // it does not trust the server
}

TEST_F(HttpsServerTest, TheHandlerIsToldWhoConnected) {
  show(authority);
  trust(authority.certificate);
  EXPECT_EQ(curl({}, "/who").out, "127.0.0.1");
  EXPECT_EQ(curl({"--interface", "127.0.0.2"}, "/who").out, "127.0.0.2");
}

TEST_F(HttpsServerTest, NothingBeforeTls12AndNothingInTheOpen) {
  show(authority);
  const auto old = s_client({"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"});
  EXPECT_NE(old.exit_code, 0);
  EXPECT_THAT(old.out + old.err, HasSubstr("no peer certificate available"));
  const auto plain = process({"curl", "-sS", "--noproxy", "*", "-w", "%{http_code}", "-d", "secret",
                              "http://127.0.0.1:" + std::to_string(server->port()) + "/"});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(plain.out, "this port speaks TLS: https\n400");  // and the handler knows nothing of it
}

TEST_F(HttpsServerTest, EachNewConnectionIsShownTheNewestAndAnOpenOneGoesOn) {
  show(authority);
  trust(authority.certificate);
  end();
  begin({.idle = base::seconds(5)});
  const crypto::KeyPair next = crypto::make_authority("next", now_valid());
  // Two requests of one connection, and in between the server becomes somebody else.
  const auto alarm = clock.alarm(context.get_executor());
  alarm->arm(clock.now() + base::millis(800), [&] { show(next); });
  const auto kept = curl({"--rate", "40/m", "-w", "%{num_connects} ", url()});
  EXPECT_EQ(kept.exit_code, 0) << kept.err;
  EXPECT_EQ(kept.out, "GET 1 GET 0 ");
  EXPECT_EQ(curl().exit_code, 60);
  trust(authority.certificate + next.certificate);
  EXPECT_EQ(curl().exit_code, 0);
  trust(next.certificate);
  EXPECT_EQ(curl().exit_code, 0);
}

TEST_F(HttpsServerTest, WhatCannotBeShownIsRefusedAndTheOldOneStays) {
  EXPECT_FALSE(identity->is_set());
  trust(authority.certificate);
  EXPECT_NE(curl().exit_code, 0);  // nobody to be yet: turned away
  show(authority);
  const auto other = crypto::make_server(authority, {kName}, now_valid());
  const auto mine = crypto::make_server(authority, {kName}, now_valid());
  for (const crypto::KeyPair& wrong :
       {crypto::KeyPair{}, crypto::KeyPair{"garbage", "garbage"},
        crypto::KeyPair{mine->certificate, other->key}, crypto::KeyPair{mine->certificate, ""}}) {
    const auto set = identity->set(wrong.certificate, wrong.key);
    ASSERT_FALSE(set.has_value());
    EXPECT_EQ(set.error().code, base::Code::InvalidArgument);
  }
  EXPECT_EQ(curl().exit_code, 0);
}

TEST_F(HttpsServerTest, ABodyThatIsTooLongIsRefusedBeforeItIsSent) {
  show(authority);
  trust(authority.certificate);
  const std::string most(kBodyMax, 'x');
  EXPECT_EQ(curl({"--data-binary", "@-", "-o", "/dev/null", "-w", "%{http_code}"}, "/", most).out,
            "200");
  EXPECT_EQ(
      curl({"--data-binary", "@-", "-o", "/dev/null", "-w", "%{http_code}"}, "/", most + "x").out,
      "413");
}

/// What the server says to a plain client that sends `first` and then nothing.
aio::Task<base::Result<std::string>> say(std::uint16_t port, std::string first) {
  tcp::socket socket(co_await asio::this_coro::executor);
  error_code error;
  co_await socket.async_connect({asio::ip::make_address("127.0.0.1"), port},
                                asio::redirect_error(asio::use_awaitable, error));
  co_await asio::async_write(socket, asio::buffer(first),
                             asio::redirect_error(asio::use_awaitable, error));
  std::string out;
  co_await asio::async_read(socket, asio::dynamic_buffer(out),
                            asio::redirect_error(asio::use_awaitable, error));
  co_return out;
}

TEST_F(HttpsServerTest, WhoIsSlowIsClosed) {
  show(authority);
  trust(authority.certificate);
  const base::TimePoint began = clock.now();
  ASSERT_TRUE(aio::run(context, say(server->port(), "")).has_value());  // no handshake
  EXPECT_GE(clock.now() - began, base::millis(600));
  EXPECT_LT(clock.now() - began, base::seconds(20));
  // A head, and a body that does not come.
  const auto half = curl({"-H", "Content-Length: 10", "-H", "Expect:", "--data-binary", "abc"});
  EXPECT_NE(half.exit_code, 0);
  EXPECT_EQ(half.out, "");
  // A handler that takes too long is told.
  EXPECT_NE(curl({}, "/slow").exit_code, 0);
  EXPECT_TRUE(stopped);
}

TEST_F(HttpsServerTest, WhoOnlyConnectsKeepsNobodyOut) {
  end();
  begin({.connections_max = 4, .idle = base::seconds(60)});
  show(authority);
  trust(authority.certificate);
  // Without a byte, and with the beginning of a handshake.
  for (const std::string& first : {std::string(), std::string("\x16\x03\x01", 3)}) {
    std::vector<tcp::socket> silent;
    for (int i = 0; i < 4; ++i) {
      silent.emplace_back(context).connect({asio::ip::make_address("127.0.0.1"), server->port()});
      asio::write(silent.back(), asio::buffer(first));
    }
    for (int i = 0; i < 2; ++i) {
      const auto got = curl();
      EXPECT_EQ(got.exit_code, 0) << got.err;
    }
    // Who came first has given way.
    char byte = 0;
    error_code error;
    silent.front().read_some(asio::buffer(&byte, 1), error);
    EXPECT_TRUE(error == asio::error::eof || error == asio::error::connection_reset) << error;
    silent.back().non_blocking(true);
    silent.back().read_some(asio::buffer(&byte, 1), error);
    EXPECT_EQ(error, asio::error::would_block);
  }
}

TEST_F(HttpsServerTest, WhoIsBeingAnsweredDoesNotGiveWay) {
  end();
  begin({.connections_max = 1, .idle = base::seconds(60)});
  show(authority);
  trust(authority.certificate);
  aio::Command command;
  command.argv = curl_words({}, "/slow");
  bool slow_ended = false;
  asio::co_spawn(context, aio::run_process(clock, command, {}),
                 [&](std::exception_ptr, base::Result<aio::ProcessOutcome>) { slow_ended = true; });
  context.restart();
  while (!asked_slowly && context.run_one() > 0) {
  }
  ASSERT_TRUE(asked_slowly);
  EXPECT_NE(curl().exit_code, 0) << "there is no room";
  EXPECT_FALSE(stopped);
  EXPECT_FALSE(slow_ended);
  stop.request_stop();
  context.restart();
  while (!slow_ended && context.run_one() > 0) {
  }
}

TEST_F(HttpsServerTest, BetweenRequestsAConnectionMayRestLonger) {
  end();
  begin({.idle = base::millis(300), .between = base::seconds(20)});
  show(authority);
  trust(authority.certificate);
  // Two requests, at least one and a half seconds apart.
  const auto got = curl({"--rate", "40/m", "-w", "%{num_connects} ", url()});
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.out, "GET 1 GET 0 ");
}

}  // namespace
}  // namespace net
