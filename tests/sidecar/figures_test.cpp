#include "sidecar/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "sidecar/admin.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

TEST(Figures, AreSummedOverCores) {
  Figures one;
  Figures two;
  one.connections.add();
  two.connections.add(2);
  one.responses[2].add(5);
  two.upstream_errors[static_cast<std::size_t>(UpstreamError::Closed)].add();
  one.requests_active.add();
  one.requests_active.drop();
  const std::string text = exposition({&one, &two});
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_connections_total 3\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_requests_total{status=\"2xx\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_upstream_errors_total{kind=\"closed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_requests_active 0\n"));
}

TEST(Figures, ExistBeforeAnythingHappened) {
  const Figures none;
  const std::string text = exposition({&none});
  for (const char* series :
       {"requests_total{status=\"none\"}", "requests_total{status=\"5xx\"}",
        "requests_ended_total{end=\"cut\"}", "upstream_errors_total{kind=\"descriptors\"}",
        "upstream_retries_total", "accept_pauses_total", "sent_bytes_total"}) {
    EXPECT_THAT(text, HasSubstr(std::string("muster_sidecar_") + series + " 0\n"));
  }
}

/// Before anything is watched.
net::HttpReply ask(const std::string& target, AdminView view, const char* method = "GET") {
  aio::SystemClock clock;
  const Settings settings;
  const auto shared = Shared::create(settings, 1, std::string(32, 'k'));
  CHECK(shared.has_value());
  const Watch watch(clock, settings, **shared, nullptr);
  return serve_admin({method, target, ""}, view, watch, [] { return std::string("figures"); });
}

TEST(Admin, IsReadyOnlyWithAnApplicationAndBeforeTheDrain) {
  EXPECT_EQ(ask("/readyz", {false, true, ""}).status, 200U);
  const auto without = ask("/readyz", {false, false, "connection refused"});
  EXPECT_EQ(without.status, 503U);
  EXPECT_EQ(without.body, "[+] serving\n[-] application: connection refused\n");
  const auto draining = ask("/readyz", {true, true, ""});
  EXPECT_EQ(draining.status, 503U);
  EXPECT_EQ(draining.body, "[-] serving: draining\n[+] application\n");
  EXPECT_EQ(ask("/livez", {true, false, ""}).status, 200U);
}

TEST(Admin, HealthIsUnknownBeforeTheFirstSample) {
  const auto said = ask("/health", {});
  EXPECT_EQ(said.status, 503U);
  EXPECT_THAT(said.body, HasSubstr("\"status\": \"unknown\""));
}

TEST(Admin, KnowsItsPathsAndMethods) {
  EXPECT_EQ(ask("/metrics?x=y", {}).body, "figures");
  EXPECT_EQ(ask("/", {}).status, 404U);
  EXPECT_EQ(ask("/api/monitoring/nothing", {}).status, 404U);
  EXPECT_EQ(ask("/api/monitoring/metrics?range=soon", {}).status, 400U);
  EXPECT_EQ(ask("/metrics", {}, "POST").status, 405U);
}

}  // namespace
}  // namespace sidecar
