#include "sidecar/openmetrics.h"

#include <gtest/gtest.h>

#include "net/gzip.h"
#include "sidecar/metrics_page.h"

namespace sidecar {
namespace {

TEST(OpenMetrics, ACountersFamilyHasNoTotal) {
  EXPECT_EQ(
      to_openmetrics("# HELP a_total All of _total.\n# TYPE a_total counter\na_total{x=\"1\"} 2\n"
                     "# HELP b_total What.\n# TYPE b_total gauge\nb_total 3\n"),
      "# HELP a All of _total.\n# TYPE a counter\na_total{x=\"1\"} 2\n"
      "# HELP b_total What.\n# TYPE b_total gauge\nb_total 3\n");
}

TEST(OpenMetrics, WhatIsNoneOfItIsLeftOut) {
  EXPECT_EQ(to_openmetrics("# a comment\n\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n"),
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n");
  EXPECT_EQ(to_openmetrics(""), "");
}

net::HttpReply page_for(std::vector<net::HttpHeader> headers) {
  return metrics_page({"GET", "/metrics", "", std::move(headers)}, [](traffic::Format format) {
    return std::string(format == traffic::Format::OpenMetrics ? "open" : "plain");
  });
}

TEST(MetricsPage, IsInTheFormThatIsAskedFor) {
  const net::HttpReply plain = page_for({{"Accept", "*/*"}});
  EXPECT_EQ(plain.body, "plain");
  EXPECT_EQ(plain.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(net::find_header(plain.headers, "Content-Encoding"), nullptr);
  const net::HttpReply open = page_for(
      {{"accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}});
  EXPECT_EQ(open.body, "open");
  EXPECT_EQ(open.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(MetricsPage, IsPackedForWhoTakesIt) {
  const net::HttpReply packed = page_for({{"Accept-Encoding", "gzip"}});
  ASSERT_NE(net::find_header(packed.headers, "Content-Encoding"), nullptr);
  EXPECT_EQ(net::gunzip(packed.body, 100).value_or(""), "plain");
}

}  // namespace
}  // namespace sidecar
