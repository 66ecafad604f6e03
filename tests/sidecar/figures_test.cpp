#include "sidecar/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sidecar
