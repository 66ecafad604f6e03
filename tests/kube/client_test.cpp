// What the client does by itself, with a small server in the place of the API server. What API
// servers do is in tests/integration/kube.
#include "kube/client.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/task_group.h"
#include "net/http_server.h"

namespace kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ClientTest : public testing::Test {
 protected:
  /// The answer to a request for which the server has `bytes`.
  base::Result<Reply> ask(std::size_t bytes, const ClientOptions& options) {
    return ask({}, options, [bytes](const net::HttpRequest&) {
      return net::HttpReply{200, "application/json", std::string(bytes, ' ')};
    });
  }
  base::Result<Reply> ask(const Config& config, const ClientOptions& options,
                          const net::HttpServer::Handler& answer) {
    return aio::run(context_, asked(config, options, answer));
  }

 private:
  aio::Task<base::Result<Reply>> asked(Config config, ClientOptions options,
                                       net::HttpServer::Handler answer) {
    CO_TRY(auto server,
           net::HttpServer::listen(clock_, context_.get_executor(), "127.0.0.1:0", answer));
    config.cluster.server = "http://127.0.0.1:" + std::to_string(server->port());
    CO_TRY(auto client, Client::make(clock_, context_.get_executor(), config, options));
    aio::TaskGroup group(context_.get_executor());
    group.spawn(server->serve(group.token()));
    base::Result<Reply> out = co_await client->send("GET", "/stats/summary", "", "", {});
    group.cancel();
    static_cast<void>(co_await group.join());
    co_return out;
  }

  boost::asio::io_context context_;
  aio::SystemClock clock_;
};

TEST_F(ClientTest, OverPlainHttpItIsToldWhomToActAsAndNoSecret) {
  Config config;
  config.user.token = "secret-token";
  config.user.impersonate = {"ann", {"ops", "audit"}, "u-1", {{"Reason/why", "test"}}};
  net::HttpRequest got;
  const auto reply = ask(config, {}, [&got](const net::HttpRequest& request) {
    got = request;
    return net::HttpReply{200, "application/json", "{}"};
  });
  ASSERT_TRUE(reply) << reply.error().message;
  std::vector<std::string> told;
  for (const net::HttpHeader& each : got.headers) {
    if (each.name.starts_with("Impersonate-")) told.push_back(each.name + ": " + each.value);
    EXPECT_THAT(each.value, Not(HasSubstr("secret-token"))) << each.name;
  }
  EXPECT_THAT(told,
              ElementsAre("Impersonate-User: ann", "Impersonate-Uid: u-1", "Impersonate-Group: ops",
                          "Impersonate-Group: audit", "Impersonate-Extra-Reason%2Fwhy: test"));
  EXPECT_EQ(got.header("Authorization"), nullptr);
}

TEST_F(ClientTest, TakesNoMoreThanItWasToldTo) {
  ClientOptions options;
  options.body_bytes_max = 1000;
  const auto whole = ask(1000, options);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->body.size(), 1000U);
  const auto cut = ask(1001, options);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, base::Code::ResourceExhausted);
  EXPECT_THAT(cut.error().message, HasSubstr("GET /stats/summary"));
  EXPECT_THAT(cut.error().message, HasSubstr("an answer of more than 1000 bytes"));
  EXPECT_TRUE(ask(1001, {}));
}

}  // namespace
}  // namespace kube
