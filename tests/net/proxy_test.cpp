#include "net/proxy.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "crypto/certificate.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "small_proxy.h"

namespace net {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kName = "server.test.svc";

TEST(Proxy, IsAUrlWithOrWithoutItsScheme) {
  const auto proxy = parse_proxy("http://proxy.example:3128");
  ASSERT_TRUE(proxy.has_value()) << proxy.error().message;
  EXPECT_EQ(proxy->address.text(), "proxy.example:3128");
  EXPECT_EQ(proxy->authorization, "");
  EXPECT_EQ(parse_proxy("proxy.example:3128")->address.text(), "proxy.example:3128");
  EXPECT_EQ(parse_proxy("HTTP://proxy.example/")->address.text(), "proxy.example:80");
  EXPECT_EQ(parse_proxy("http://[fd00::1]:8080")->address.text(), "[fd00::1]:8080");
  EXPECT_EQ(parse_proxy("http://me:s%40cret@p:1")->authorization, "Basic bWU6c0BjcmV0");
  EXPECT_EQ(parse_proxy("http://me@p:1")->authorization, "Basic bWU6") << "me:";
}

TEST(Proxy, WhatIsNoneIsToldWithoutItsPassword) {
  for (const char* url :
       {"https://me:secret@p:1", "socks5://me:secret@p:1", "me:secret@:1",
        "http://me:secret@p:99999", "http://me:secret%4@p:1", "http://me:secret@p q:1",
        "http://me:secret@", "http://me:secret/1@p:1"}) {
    const auto proxy = parse_proxy(url);
    ASSERT_FALSE(proxy.has_value()) << url;
    EXPECT_EQ(proxy.error().code, base::Code::InvalidArgument);
    EXPECT_THAT(proxy.error().message,
                AllOf(HasSubstr("http://HOST:PORT"), Not(HasSubstr("secret"))));
  }
}

TEST(Proxy, IsPassedByWhereTheListSaysSo) {
  const auto by = [](const char* list, const char* server) {
    return passes_by(list, *Address::parse(server));
  };
  for (const char* here : {"localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"}) {
    EXPECT_TRUE(by("", here)) << here;
  }
  EXPECT_FALSE(by("", "api.example:443"));
  EXPECT_TRUE(by("*", "api.example:443"));
  EXPECT_TRUE(by("other.example, EXAMPLE", "api.example:443"));
  EXPECT_TRUE(by("api.example", "API.example.:443"));
  EXPECT_TRUE(by("api.example", "a.api.example:443"));
  EXPECT_FALSE(by("pi.example", "api.example:443"));
  EXPECT_TRUE(by(".example", "api.example:443"));
  EXPECT_TRUE(by("*.example", "api.example:443"));
  EXPECT_FALSE(by(".api.example", "api.example:443"));
  EXPECT_TRUE(by("api.example:443", "api.example:443"));
  EXPECT_FALSE(by("api.example:6443", "api.example:443"));
  EXPECT_TRUE(by("10.0.0.0/8", "10.96.0.1:443"));
  EXPECT_TRUE(by("10.96.0.1", "10.96.0.1:443"));
  EXPECT_FALSE(by("10.96.0.1:6443", "10.96.0.1:443"));
  EXPECT_FALSE(by("11.0.0.0/8,10.96.0.2,0.1", "10.96.0.1:443"));
  EXPECT_TRUE(by("fd00::/8", "[fd12::1]:443"));
  EXPECT_TRUE(by("fd12::1", "[fd12:0::1]:443"));
  EXPECT_TRUE(by("[fd12::1]:443", "[fd12::1]:443"));
  EXPECT_FALSE(by("fd00::/8,10.0.0.0/8, ,", "api.example:443"));
}

TEST(Proxy, IsAskedForAWayAndUnderstood) {
  const Address server{"api.example", 443};
  EXPECT_EQ(tunnel_request({{"p", 1}}, server),
            "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
  EXPECT_THAT(tunnel_request({{"p", 1}, "Basic eA=="}, server),
              HasSubstr("\r\nProxy-Authorization: Basic eA==\r\n\r\n"));
  const std::string head = "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n";
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto part = tunnel_answer(head.substr(0, i));
    ASSERT_TRUE(part.has_value());
    EXPECT_FALSE(part->has_value());
  }
  const auto whole = tunnel_answer(head + "x");
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->status, 200U);
  EXPECT_EQ((*whole)->reason, "OK");
  EXPECT_EQ((*whole)->bytes, head.size());
  EXPECT_EQ((**tunnel_answer("HTTP/1.1 407\r\n\r\n")).status, 407U);
  for (const std::string& odd :
       {std::string("SSH-2.0"), std::string("HTTP/2 200\r\n\r\n"),
        std::string("HTTP/1.1 2x0 OK\r\n\r\n"), std::string("HTTP/1.1\r\n\r\n"),
        "HTTP/1.1 200 OK\r\n" + std::string(20'000, 'x')}) {
    EXPECT_FALSE(tunnel_answer(odd).has_value()) << odd.substr(0, 30);
  }
}

class TunnelTest : public testing::Test {
 protected:
  void SetUp() override {
    const base::WallTime now = aio::wall_now();
    const crypto::Validity valid{now - base::seconds(3600), now + base::seconds(86'400)};
    authority_ = crypto::make_authority("test", valid);
    const auto shown = crypto::make_server(authority_, {kName}, valid);
    ASSERT_TRUE(identity_->set(shown->certificate, shown->key).has_value());
    auto made = HttpServer::listen_tls(
        clock_, context_.get_executor(), "127.0.0.1:0", identity_, [](const HttpRequest& request) {
          return HttpReply{200, "text/plain", "for " + *request.header("Host")};
        });
    ASSERT_TRUE(made.has_value());
    server_ = std::move(*made);
    asio::co_spawn(context_, server_->serve(stop_.get_token()),
                   [this](std::exception_ptr, base::Result<>) { ended_ = true; });
  }
  void TearDown() override {
    stop_.request_stop();
    context_.restart();
    while (!ended_ && context_.run_one() > 0) {
    }
  }

  std::unique_ptr<HttpClient> client(const std::string& proxy, const std::string& name = kName) {
    TlsOptions tls;
    tls.ca = authority_.certificate;
    auto made = make_tls_context(tls);
    EXPECT_TRUE(made.has_value());
    go_through(**made, *parse_proxy(proxy));
    return std::make_unique<HttpClient>(context_.get_executor(), Address{name, server_->port()},
                                        *made);
  }
  base::Result<HttpAnswer> ask(HttpClient& client) {
    return aio::run(context_, client.exchange({}, {}));
  }
  std::string error(const std::string& proxy, const std::string& name = kName) {
    const auto answer = ask(*client(proxy, name));
    EXPECT_FALSE(answer.has_value());
    if (answer) return "";
    EXPECT_EQ(answer.error().code, base::Code::Unavailable);
    return answer.error().message;
  }
  std::string server_text() const { return kName + (":" + std::to_string(server_->port())); }

  aio::SystemClock clock_;
  asio::io_context context_;
  crypto::KeyPair authority_;
  std::shared_ptr<ServerIdentity> identity_ = std::make_shared<ServerIdentity>();
  std::unique_ptr<HttpServer> server_;
  SmallProxy proxy_{context_};
  std::stop_source stop_;
  bool ended_ = false;
};

TEST_F(TunnelTest, LeadsToTheServerByItsNameAndIsKept) {
  const auto through = client(proxy_.url());
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask(*through);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->body, "for " + server_text());
  }
  EXPECT_THAT(proxy_.asked, testing::ElementsAre("CONNECT " + server_text() + " HTTP/1.1"));
}

TEST_F(TunnelTest, IsNoReasonToTrustWhoIsAtItsEnd) {
  EXPECT_THAT(error(proxy_.url(), "another.test.svc"), HasSubstr("certificate verify failed"));
}

TEST_F(TunnelTest, WhoAsksForAPasswordGetsItOrIsNamed) {
  proxy_.authorization = "Basic bWU6c2VjcmV0";
  EXPECT_THAT(error(proxy_.url()),
              HasSubstr("proxy 127.0.0.1:" + std::to_string(proxy_.port()) + ": no way to " +
                        server_text() + ": 407 Proxy Authentication Required"));
  EXPECT_THAT(error(proxy_.url("me:wrong@")), AllOf(HasSubstr("407"), Not(HasSubstr("wrong"))));
  EXPECT_TRUE(ask(*client(proxy_.url("me:secret@"))).has_value());
}

TEST_F(TunnelTest, AProxyThatIsAwayIsNamed) {
  std::uint16_t nobody = 0;
  {
    const asio::ip::tcp::acceptor taken(context_, {asio::ip::address_v4::loopback(), 0});
    nobody = taken.local_endpoint().port();
  }
  const std::string at = "127.0.0.1:" + std::to_string(nobody);
  EXPECT_THAT(error("http://" + at), HasSubstr("proxy " + at + ": Connection refused"));
}

TEST_F(TunnelTest, AProxyThatTalksNonsenseIsNamed) {
  const std::string proxy = "proxy 127.0.0.1:" + std::to_string(proxy_.port()) + ": ";
  proxy_.answer = "SSH-2.0-OpenSSH_9.2\r\n";
  EXPECT_THAT(error(proxy_.url()), HasSubstr(proxy + "what it answers is no HTTP"));
  proxy_.answer = "HTTP/1.1 200 OK\r\n\r\nwelcome";
  EXPECT_THAT(error(proxy_.url()), HasSubstr(proxy + "it says what nobody asked for"));
  proxy_.answer = "HTTP/1.1 200 O";  // and then it closes
  EXPECT_THAT(error(proxy_.url()), HasSubstr(proxy + "End of file"));
}

aio::Task<base::Result<HttpAnswer>> ask_until(HttpClient& client, std::stop_token stop) {
  co_return co_await client.exchange({}, std::move(stop));
}

TEST_F(TunnelTest, AProxyThatSaysNothingCanBeGivenUp) {
  proxy_.silent = true;
  const auto through = client(proxy_.url());
  std::stop_source enough;
  std::optional<base::Result<HttpAnswer>> answer;
  asio::co_spawn(
      context_, ask_until(*through, enough.get_token()),
      [&](std::exception_ptr, base::Result<HttpAnswer> got) { answer = std::move(got); });
  context_.restart();
  while (proxy_.asked.empty() && context_.run_one() > 0) {
  }
  EXPECT_FALSE(answer.has_value());
  enough.request_stop();
  while (!answer && context_.run_one() > 0) {
  }
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code, base::Code::Cancelled);
}

}  // namespace
}  // namespace net
