// From a plan's probe to its streams: names, kinds, endpoints, and what is refused.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/plan_parse.h"
#include "application.h"
#include "keeper.h"
#include "probes/probe_features.h"
#include "probes/probe_http.h"
#include "probes/probe_session.h"

namespace probes {
namespace {

using drill::StreamKind;
using testing::ElementsAre;

class Kinds : public testing::Test {
 protected:
  base::Result<std::vector<BuiltStream>> build(const ProbeKind& kind, const std::string& json) {
    auto params = api::parse_json(json);
    EXPECT_TRUE(params.has_value()) << json;
    ProbeContext context{system_, servers_, ledger_, pg_servers_, base::millis(500)};
    return kind.build(context, "shop", *params);
  }
  static std::vector<std::string> names(const std::vector<BuiltStream>& streams) {
    std::vector<std::string> out;
    for (const BuiltStream& stream : streams) out.push_back(stream.spec.info.name);
    return out;
  }

  api::LocalSystem system_;
  ServerTable servers_;
  PgServers pg_servers_{servers_};
  PgLedger ledger_{"kinds", std::string(32, 'k')};
};

TEST_F(Kinds, AnHttpProbeAsksEachInstanceOverPinnedStreams) {
  Application application;
  system_.instances = {{"app1", application.address(), "", {}}};
  auto built = build(*http_probe(), R"({"url": "http://shop.example:81/ready", "method": "GET",
                                        "instances": ["app1"], "decides": true})");
  ASSERT_TRUE(built.has_value()) << built.error().message;
  ASSERT_THAT(names(*built), ElementsAre("shop/A", "shop/B", "shop/C/app1", "shop/D/app1"));
  const auto& pinned = (*built)[2].spec;
  EXPECT_EQ(pinned.info.kind, StreamKind::PinnedOpen);
  EXPECT_EQ(pinned.connections, Connections::Open);
  EXPECT_EQ((*built)[3].spec.info.kind, StreamKind::PinnedNew);
  EXPECT_EQ((*built)[3].spec.connections, Connections::New);
  EXPECT_EQ(pinned.info.instance, "app1");
  EXPECT_EQ(pinned.info.endpoint, application.address());
  EXPECT_TRUE((*built)[0].spec.info.decides);
  EXPECT_FALSE(pinned.info.decides) << "users do not reach an instance";

  Keeper keeper;
  Prober prober(keeper, nullptr);
  std::vector<drill::StreamId> streams;
  for (const std::size_t at : {2U, 3U}) {
    streams.push_back(*prober.add(std::move((*built)[at].spec), std::move((*built)[at].operation)));
    prober.start(streams.back());
  }
  for (const auto stream : streams) {
    EXPECT_TRUE(keeper.await_outcome(stream, 8, drill::Outcome::Ok));
  }
  EXPECT_GT(application.asked("/ready"), 8);
  EXPECT_EQ(application.tell()["hosts"].entries().size(), 1U);
  EXPECT_GT(application.tell()["hosts"]["shop.example:81"].as_int(0), 8) << "as users ask";
  application.tell(R"({"hang_up": true})");
  EXPECT_TRUE(keeper.await_outcome(streams[0], 1, drill::Outcome::Fail))
      << "what was open before the fault is not opened again";
  prober.stop();
}

TEST_F(Kinds, AnHttpProbeKnowsItsInstances) {
  EXPECT_FALSE(
      build(*http_probe(), R"({"url": "http://h/", "method": "GET", "instances": ["app1"]})"));
  EXPECT_TRUE(build(*http_probe(), R"({"url": "http://h/", "method": "GET"})"));
}

const char* const kSessions =
    R"({"url": "http://h:80", "login": {"method": "POST", "path": "/login", "body": "u=$session"},
        "carryOn": {"method": "GET", "path": "/session"}, "contains": "u-$session",
        "sessions": 20, "intervalMillis": 100, "deadlineMillis": )";

TEST_F(Kinds, ASessionProbeHasOneStream) {
  auto built = build(*session_probe(), std::string(kSessions) + "2000}");
  ASSERT_TRUE(built.has_value()) << built.error().message;
  ASSERT_THAT(names(*built), ElementsAre("shop/S"));
  const auto& spec = built->front().spec;
  EXPECT_EQ(spec.info.kind, StreamKind::Session);
  EXPECT_EQ(spec.info.signal, "SessionContinuity");
  EXPECT_EQ(spec.info.deadline, base::millis(2000));
  EXPECT_FALSE(spec.info.decides);
}

TEST_F(Kinds, AFeaturesProbeHasAStreamForEach) {
  const std::string list =
      R"({"url": "http://h:80", "intervalMillis": 1000,
          "list": [{"name": "orders", "method": "GET", "path": "/api/orders"},
                   {"name": "account", "method": "GET", "path": "/account", "secured": true}])";
  const auto built =
      build(*features_probe(), list + R"(, "login": {"method": "GET", "path": "/login"}})");
  ASSERT_TRUE(built.has_value()) << built.error().message;
  ASSERT_THAT(names(*built), ElementsAre("shop/orders", "shop/account"));
  EXPECT_EQ(built->front().spec.info.kind, StreamKind::Feature);
  EXPECT_EQ(built->front().spec.info.endpoint, "h:80/api/orders");
  EXPECT_EQ(built->front().spec.info.interval, base::seconds(1));
  EXPECT_EQ(built->front().spec.info.deadline, base::millis(500)) << "the plan's";
  const auto nobody = build(*features_probe(), list + "}");
  ASSERT_FALSE(nobody.has_value());
  EXPECT_NE(nobody.error().message.find("account"), std::string::npos);
}

}  // namespace
}  // namespace probes
