// Who may ask for what, over a table of two pages.
#include "sidecar/admin.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/replies.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    admin.add({"GET", "/metrics", Access::Open,
               [](const net::HttpRequest&) { return text_reply(200, "figures\n"); }});
    admin.add({"POST", "/api/faults", Access::Token, [this](const net::HttpRequest& request) {
                 ++changes;
                 return text_reply(201, request.body);
               }});
    admin.add({"DELETE", "/api/faults/*", Access::Token,
               [](const net::HttpRequest& request) { return text_reply(200, path_of(request)); }});
  }

  net::HttpReply ask(const std::string& method, const std::string& target,
                     const std::string& authorization = "") const {
    net::HttpRequest request{method, target, "body"};
    if (!authorization.empty()) request.headers.push_back({"authorization", authorization});
    return admin.serve(request);
  }

  base::Result<std::string> token = std::string("let-me");
  base::Result<std::optional<std::string>> read = std::optional<std::string>();
  int changes = 0;
  Admin admin{[this] { return token; }, [this] { return read; }};
};

TEST_F(AdminTest, WhatOnlyTellsIsOpenWhateverTheQuery) {
  EXPECT_EQ(ask("GET", "/metrics?x=/y").body, "figures\n");
  EXPECT_EQ(ask("HEAD", "/metrics").status, 200U);
}

TEST_F(AdminTest, WhatChangesSomethingNeedsTheToken) {
  for (const char* shown : {"", "let-me", "Basic let-me", "Bearer ", "Bearer let-m",
                            "Bearer let-me2", "Bearer LET-ME"}) {
    const net::HttpReply reply = ask("POST", "/api/faults", shown);
    EXPECT_EQ(reply.status, 401U) << shown;
    ASSERT_NE(net::find_header(reply.headers, "WWW-Authenticate"), nullptr);
  }
  EXPECT_EQ(changes, 0);
  for (const char* shown : {"Bearer let-me", "bearer let-me", "BEARER  let-me"}) {
    EXPECT_EQ(ask("POST", "/api/faults", shown).body, "body") << shown;
  }
  EXPECT_EQ(changes, 3);
}

TEST_F(AdminTest, WithoutATokenNobodyMayChangeAnything) {
  token = std::string();
  EXPECT_EQ(ask("POST", "/api/faults", "Bearer ").status, 403U);
  token = base::fail(base::Code::NotFound, "no file");
  EXPECT_EQ(ask("POST", "/api/faults", "Bearer let-me").status, 503U);
  EXPECT_EQ(changes, 0);
}

TEST_F(AdminTest, WhereATokenIsAskedOfReadersNobodyReadsWithoutOne) {
  admin.add({"GET", "/livez", Access::Probe,
             [](const net::HttpRequest&) { return text_reply(200, "ok\n"); }});
  std::vector<std::string> refused;
  admin.on_refused([&](const net::HttpRequest& request, const net::HttpReply&) {
    refused.push_back(request.target);
  });
  read = std::optional<std::string>("see-me");
  EXPECT_EQ(ask("GET", "/livez").status, 200U);
  for (const char* shown : {"", "see-me", "Bearer ", "Bearer see-m", "Basic see-me"}) {
    const net::HttpReply reply = ask("GET", "/metrics", shown);
    EXPECT_EQ(reply.status, 401U) << shown;
    EXPECT_NE(net::find_header(reply.headers, "WWW-Authenticate"), nullptr);
  }
  EXPECT_EQ(refused, std::vector<std::string>(5, "/metrics"));
  EXPECT_EQ(ask("GET", "/metrics", "Bearer see-me").body, "figures\n");
  EXPECT_EQ(ask("HEAD", "/metrics", "Bearer let-me").status, 200U) << "who may change may read";
  EXPECT_EQ(ask("POST", "/api/faults", "Bearer see-me").status, 401U);
  EXPECT_EQ(changes, 0);
}

TEST_F(AdminTest, ATokenOfReadersThatCannotBeReadOpensNothing) {
  read = base::fail(base::Code::NotFound, "no file");
  EXPECT_EQ(ask("GET", "/metrics", "Bearer let-me").status, 503U);
  read = std::optional<std::string>("see-me");
  token = std::string();
  EXPECT_EQ(ask("GET", "/metrics", "Bearer ").status, 401U) << "no token is nobody's token";
  token = base::fail(base::Code::NotFound, "no file");
  EXPECT_EQ(ask("GET", "/metrics", "Bearer see-me").status, 200U);
}

TEST_F(AdminTest, WithoutACertificateThereAreProbesWhereOneIsNeeded) {
  admin.add({"GET", "/livez", Access::Probe,
             [](const net::HttpRequest&) { return text_reply(200, "ok\n"); }});
  EXPECT_EQ(ask("GET", "/livez").status, 200U);
  admin.require_certificate();
  EXPECT_EQ(ask("GET", "/livez?verbose").body, "ok\n");
  EXPECT_EQ(ask("HEAD", "/livez").status, 200U);
  EXPECT_EQ(ask("POST", "/livez").status, 405U);
  for (const char* path : {"/metrics", "/nothing", "/livez/", "/api/faults"}) {
    const net::HttpReply reply = ask("GET", path);
    EXPECT_EQ(reply.status, 403U) << path;
    EXPECT_THAT(reply.body, HasSubstr("client certificate is needed"));
  }
  EXPECT_EQ(ask("POST", "/api/faults", "Bearer let-me").status, 403U);
  EXPECT_EQ(changes, 0);
}

TEST_F(AdminTest, ACertificateIsNoToken) {
  admin.require_certificate();
  net::HttpRequest request{"POST", "/api/faults", "body"};
  request.certified = true;
  EXPECT_EQ(admin.serve(request).status, 401U);
  request.headers.push_back({"Authorization", "Bearer let-me"});
  EXPECT_EQ(admin.serve(request).status, 201U);
  EXPECT_EQ(admin.serve({"GET", "/metrics", "", {}, true}).status, 200U);
}

TEST_F(AdminTest, ATokenThatChangedIsTheNewOne) {
  token = std::string("another");
  EXPECT_EQ(ask("POST", "/api/faults", "Bearer let-me").status, 401U);
  EXPECT_EQ(ask("POST", "/api/faults", "Bearer another").status, 201U);
}

TEST_F(AdminTest, ARouteMayLeadToWhateverFollows) {
  EXPECT_EQ(ask("DELETE", "/api/faults/slow", "Bearer let-me").body, "/api/faults/slow");
  EXPECT_EQ(ask("DELETE", "/api/fault", "Bearer let-me").status, 404U);
}

TEST_F(AdminTest, AnotherMethodIsToldWhichThereAre) {
  const net::HttpReply reply = ask("PUT", "/metrics");
  EXPECT_EQ(reply.status, 405U);
  ASSERT_NE(net::find_header(reply.headers, "Allow"), nullptr);
  EXPECT_EQ(*net::find_header(reply.headers, "Allow"), "GET, HEAD");
}

TEST_F(AdminTest, AnotherPageIsToldWhatThereIs) {
  const net::HttpReply reply = ask("GET", "/metric");
  EXPECT_EQ(reply.status, 404U);
  EXPECT_THAT(reply.body, HasSubstr("GET /metrics"));
}

TEST_F(AdminTest, TellsWhoIsRefusedAndNobodyElse) {
  std::vector<std::string> refused;
  admin.on_refused([&](const net::HttpRequest& request, const net::HttpReply& reply) {
    refused.push_back(request.method + " " + std::to_string(reply.status));
  });
  ask("POST", "/api/faults", "Bearer let-me");
  ask("GET", "/metrics");
  ask("GET", "/nothing");
  ask("PUT", "/metrics");
  EXPECT_TRUE(refused.empty());
  ask("POST", "/api/faults", "Bearer wrong");
  token = std::string();
  ask("DELETE", "/api/faults/x");
  token = base::fail(base::Code::NotFound, "no file");  // that is nobody's attempt
  ask("POST", "/api/faults", "Bearer let-me");
  admin.require_certificate();
  ask("GET", "/metrics");
  EXPECT_THAT(refused, testing::ElementsAre("POST 401", "DELETE 403", "GET 403"));
}

}  // namespace
}  // namespace sidecar
