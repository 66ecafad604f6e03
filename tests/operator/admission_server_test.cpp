// The admission server as an API server meets it: over TLS, by curl.
#include "operator/admission_server.h"

#include <fstream>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "crypto/base64.h"
#include "crypto/certificate.h"

namespace op {
namespace {

using api::Node;
using testing::HasSubstr;

constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";
constexpr const char* kName = "muster-admission.ops.svc";
constexpr const char* kCreate =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u7","operation":"CREATE",
        "kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"shop","object":{"metadata":{"name":"web"}}}})";

aio::Task<AdmissionAnswer> refuse(AdmissionRequest request) {
  AdmissionAnswer out;
  out.allowed = false;
  out.causes = {{"spec", request.key.name + " is not wanted"}};
  co_return out;
}
/// What a sidecar's injector would do.
aio::Task<AdmissionAnswer> label(AdmissionRequest request) {
  AdmissionAnswer out;
  out.patch = Node::sequence().push(Node::map()
                                        .set("op", "add")
                                        .set("path", "/metadata/labels")
                                        .set("value", Node::map().set("for", request.key.name)));
  co_return out;
}

class AdmissionServerTest : public testing::Test {
 protected:
  void SetUp() override {
    file = testing::TempDir() + "muster-admission-" + std::to_string(::getpid());
    const base::WallTime now = aio::wall_now();
    const crypto::Validity valid{now - base::seconds(60), now + base::seconds(3600)};
    const crypto::KeyPair authority = crypto::make_authority("test", valid);
    std::ofstream(file) << authority.certificate;
    const auto shown = crypto::make_server(authority, {kName}, valid);
    ASSERT_TRUE(identity->set(shown->certificate, shown->key).has_value());
    auto made =
        AdmissionServer::listen(clock, context.get_executor(), "127.0.0.1:0", identity, metrics);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    server = std::move(*made);
    server->add("/validate", [](AdmissionRequest request, std::stop_token) {
      return refuse(std::move(request));
    });
    server->add("/mutate", [](AdmissionRequest request, std::stop_token) {
      return label(std::move(request));
    });
    server->take({kSecret});
    boost::asio::co_spawn(context, server->serve(stop.get_token()),
                          [this](std::exception_ptr, base::Result<>) { ended = true; });
  }
  void TearDown() override {
    stop.request_stop();
    context.restart();
    while (!ended && context.run_one() > 0) {
    }
    std::remove(file.c_str());
  }

  /// "CODE BODY"
  std::string post(const std::string& path, const std::string& body,
                   std::vector<std::string> more = {}) {
    return post_to("/" + std::string(kSecret) + path, body, std::move(more));
  }
  std::string post_to(const std::string& path, const std::string& body,
                      std::vector<std::string> more = {}) {
    const std::string port = std::to_string(server->port());
    aio::Command command;
    command.argv = {"curl",
                    "-sS",
                    "--noproxy",
                    "*",
                    "--cacert",
                    file,
                    "--resolve",
                    std::string(kName) + ":" + port + ":127.0.0.1",
                    "-w",
                    "\n%{http_code}",
                    "--data-binary",
                    "@-",
                    "-H",
                    "Content-Type: application/json"};
    command.argv.insert(command.argv.end(), more.begin(), more.end());
    command.argv.push_back("https://" + std::string(kName) + ":" + port + path);
    command.input = body;
    const auto out = aio::run(context, aio::run_process(clock, command, {}));
    EXPECT_TRUE(out.has_value() && out->ok()) << (out ? out->err : out.error().message);
    const std::string text = out ? out->out : "";
    const auto end = text.rfind('\n');
    return text.substr(end + 1) + " " + text.substr(0, end);
  }
  Node response(const std::string& text) {
    const auto read = api::parse_json(text.substr(4));
    EXPECT_TRUE(read.has_value()) << text;
    return read ? (*read)["response"] : Node();
  }

  std::string file;
  aio::SystemClock clock;
  boost::asio::io_context context;
  metrics::AdmissionMetrics metrics;
  std::shared_ptr<net::ServerIdentity> identity = std::make_shared<net::ServerIdentity>();
  std::unique_ptr<AdmissionServer> server;
  std::stop_source stop;
  bool ended = false;
};

TEST_F(AdmissionServerTest, EachPathHasItsHandler) {
  const Node refused = response(post("/validate?timeout=5s", kCreate));
  EXPECT_EQ(refused["uid"].as_string(), "u7");
  EXPECT_FALSE(refused["allowed"].as_bool(true));
  EXPECT_THAT(refused["status"]["message"].as_string(), HasSubstr("web is not wanted"));
  const Node patched = response(post("/mutate", kCreate));
  EXPECT_TRUE(patched["allowed"].as_bool());
  EXPECT_EQ(patched["patchType"].as_string(), "JSONPatch");
  EXPECT_EQ(crypto::base64_decode(patched["patch"].as_string()).value_or(""),
            R"([{"op":"add","path":"/metadata/labels","value":{"for":"web"}}])");
  EXPECT_THAT(metrics.text(),
              HasSubstr(R"(muster_admission_requests_total{allowed="false",path="/validate"} 1)"));
  EXPECT_THAT(metrics.text(),
              HasSubstr(R"(muster_admission_requests_total{allowed="true",path="/mutate"} 1)"));
}

TEST_F(AdmissionServerTest, WhatIsNoReviewIsAnsweredByWhatIsWrong) {
  EXPECT_THAT(post("/validate", "not JSON"), HasSubstr("400 "));
  EXPECT_THAT(post("/validate", R"({"kind":"Pod","apiVersion":"v1"})"),
              HasSubstr("400 no AdmissionReview: 'Pod' of 'v1'"));
  EXPECT_THAT(post("/elsewhere", kCreate), HasSubstr("404 there is no webhook here"));
  EXPECT_THAT(post("/validate", "", {"-X", "GET"}), HasSubstr("405 "));
  EXPECT_THAT(metrics.text(),
              HasSubstr(R"(muster_admission_requests_total{allowed="none",path="/validate"} 2)"));
}

TEST_F(AdmissionServerTest, WhoDoesNotKnowThePathIsAnsweredByNoWebhook) {
  const std::string secret = kSecret;
  for (const std::string& path :
       {std::string("/validate"), std::string("//validate"), std::string("/"),
        "/" + secret.substr(1) + "/validate", "/" + secret + "0/validate", "/" + secret,
        "/" + secret + "/", "/" + secret + "//validate", "/validate/" + secret,
        "/validate?/" + secret + "/validate"}) {
    EXPECT_THAT(post_to(path, kCreate), HasSubstr("404 there is no webhook here")) << path;
  }
  EXPECT_THAT(metrics.text(), HasSubstr("muster_admission_stray_requests_total 10"));
  EXPECT_THAT(metrics.text(),
              HasSubstr(R"(muster_admission_requests_total{allowed="false",path="/validate"} 0)"));
  // Of two that are known both are taken, and then one no more.
  const std::string next(32, 'e');
  server->take({next, secret});
  EXPECT_THAT(post("/validate", kCreate), HasSubstr("200 "));
  EXPECT_THAT(post_to("/" + next + "/validate", kCreate), HasSubstr("200 "));
  server->take({next});
  EXPECT_THAT(post("/validate", kCreate), HasSubstr("404 "));
}

TEST_F(AdmissionServerTest, TooMuchIsNotRead) {
  const std::size_t most = admission_limits().body_bytes_max;
  EXPECT_EQ(most, 3U << 20U);
  EXPECT_THAT(post("/validate", std::string(most, ' ')), HasSubstr("400 "));
  EXPECT_THAT(post("/validate", std::string(most + 1, ' ')), HasSubstr("413 "));
}

}  // namespace
}  // namespace op
