#include "traffic/exposition.h"

#include <cmath>

#include <gtest/gtest.h>

#include "../metrics/promtool.h"
#include "base/random.h"
#include "exposition_reader.h"

namespace traffic {
namespace {

Ended answered(int status, base::Duration duration = base::millis(30)) {
  Ended ended;
  ended.status = status;
  ended.duration = duration;
  ended.bytes_in = 10;
  ended.bytes_out = 20;
  return ended;
}

/// Endpoints, requests of two cores, and what shows them.
class Served {
 public:
  explicit Served(EndpointSpec spec = {})
      : endpoints(std::move(*Endpoints::create(spec))),
        requests(2, endpoints->most()),
        exposition(*endpoints, requests) {}

  void get(std::string_view path, const Ended& ended, std::size_t core = 0) {
    requests.shard(core).begin();
    requests.shard(core).end(Method::Get, endpoints->learn(path, ended.status), ended);
  }
  std::string text(Format format) {
    std::string out;
    exposition.write(format, out);
    return out + Exposition::end(format);
  }
  ReadExposition read(Format format) {
    return read_exposition(text(format), format == Format::OpenMetrics);
  }

  std::unique_ptr<Endpoints> endpoints;
  Requests requests;
  Exposition exposition;
};

TEST(Exposition, ShowsTheFamiliesOfTheRequirements) {
  Served served;
  served.get("/users/1", answered(200));
  served.get("/users/2", answered(200), 1);
  served.get("/users/3", answered(503));
  served.requests.shard(0).connection_opened();
  served.requests.shard(1).begin();
  for (const Format format : {Format::Prometheus, Format::OpenMetrics}) {
    const ReadExposition read = served.read(format);
    EXPECT_EQ(read.complaint, "");
    const std::string users = "{method=\"GET\",endpoint=\"/users/{id}\"";
    const auto value = [&read](const std::string& sample) {
      const auto it = read.values.find(sample);
      return it == read.values.end() ? std::nan(sample.c_str()) : it->second;
    };
    EXPECT_EQ(value("http_requests_total" + users + ",status=\"200\"}"), 2);
    EXPECT_EQ(value("http_requests_total" + users + ",status=\"503\"}"), 1);
    EXPECT_EQ(value("http_request_duration_seconds_count" + users + "}"), 3);
    EXPECT_DOUBLE_EQ(value("http_request_duration_seconds_sum" + users + "}"), 0.09);
    EXPECT_EQ(value("http_request_duration_seconds_bucket" + users + ",le=\"0.025\"}"), 0);
    EXPECT_EQ(value("http_request_duration_seconds_bucket" + users + ",le=\"0.05\"}"), 3);
    EXPECT_EQ(value("http_request_duration_seconds_bucket" + users + ",le=\"+Inf\"}"), 3);
    EXPECT_EQ(value("http_request_bytes_total" + users + "}"), 30);
    EXPECT_EQ(value("http_response_bytes_total" + users + "}"), 60);
    EXPECT_EQ(value("http_requests_in_flight"), 1);
    EXPECT_EQ(value("active_connections"), 1);
  }
}

TEST(Exposition, OfOpenMetricsNamesFamiliesAndUnitsAsItAsks) {
  Served served;
  served.get("/a", answered(200));
  const ReadExposition open = served.read(Format::OpenMetrics);
  EXPECT_EQ(open.types.at("http_requests"), "counter");
  EXPECT_EQ(open.types.at("http_request_duration_seconds"), "histogram");
  EXPECT_EQ(open.units.at("http_request_duration_seconds"), "seconds");
  EXPECT_EQ(open.units.at("http_request_bytes"), "bytes");
  EXPECT_EQ(served.read(Format::Prometheus).types.at("http_requests_total"), "counter");
}

TEST(Exposition, WithoutRequestsIsStillWellFormed) {
  Served served;
  for (const Format format : {Format::Prometheus, Format::OpenMetrics}) {
    const ReadExposition read = served.read(format);
    EXPECT_EQ(read.complaint, "");
    EXPECT_EQ(read.values, (std::map<std::string, double>{{"http_requests_in_flight", 0},
                                                          {"active_connections", 0}}));
  }
}

TEST(Exposition, ShowsTracesAsExemplarsInOpenMetricsOnly) {
  Served served;
  Ended ended = answered(200, base::millis(30));
  ended.trace = {0x4bf92f3577b34da6, 0xa3ce929d0e0e4736};
  ended.at = base::WallTime(base::millis(1'800'000'000'045));
  served.get("/a", ended);
  const ReadExposition read = served.read(Format::OpenMetrics);
  EXPECT_EQ(read.complaint, "");
  ASSERT_EQ(read.exemplars.size(), 1u);
  const auto& [sample, exemplar] = *read.exemplars.begin();
  EXPECT_EQ(sample,
            "http_request_duration_seconds_bucket{method=\"GET\",endpoint=\"/a\",le=\"0.05\"}");
  EXPECT_EQ(exemplar.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_DOUBLE_EQ(exemplar.value, 0.03);
  EXPECT_DOUBLE_EQ(exemplar.seconds, 1'800'000'000.045);
  EXPECT_EQ(served.text(Format::Prometheus).find(" # "), std::string::npos);
}

TEST(Exposition, ShowsStatusesWithoutAPlaceByTheirClass) {
  Served served;
  for (int status = 200; status < 216; ++status) served.get("/a", answered(status));
  served.get("/a", answered(404));
  served.get("/a", answered(0));
  const ReadExposition read = served.read(Format::Prometheus);
  EXPECT_EQ(read.complaint, "");
  const std::string a = "http_requests_total{method=\"GET\",endpoint=\"/a\",status=";
  EXPECT_EQ(read.values.at(a + "\"4xx\"}"), 1);
  EXPECT_EQ(read.values.at(a + "\"other\"}"), 1);
}

TEST(Exposition, GrowsBySeriesAndNeverFalls) {
  Served served;
  base::Random random(7);
  std::map<std::string, double> before;
  for (int scrape = 0; scrape < 30; ++scrape) {
    for (int i = 0; i < 50; ++i) {
      const std::string path = "/p" + std::string(1, static_cast<char>('a' + random.below(8)));
      const int status = random.chance(0.8) ? 200 : 500;
      const base::Duration took(static_cast<std::int64_t>(random.exponential(1e8)));
      served.get(path, answered(status, took), random.below(2));
    }
    const ReadExposition read = served.read(Format::OpenMetrics);
    ASSERT_EQ(read.complaint, "");
    for (const auto& [sample, value] : before) ASSERT_GE(read.values.at(sample), value) << sample;
    before = read.values;
  }
}

TEST(Exposition, IsWhatPromtoolExpects) {
  EndpointSpec spec;
  spec.rules = {"/users/{id}/orders", "/it's/*"};
  Served served(spec);
  served.get("/users/1/orders", answered(200));
  served.get("/it's/a", answered(500));
  served.get("/nothing", answered(404));
  EXPECT_EQ(metrics::complaint(served.text(Format::Prometheus)), "");
}

TEST(Exposition, IsOpenMetricsForThoseWhoAskForIt) {
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3"),
            Format::OpenMetrics);
  for (const char* open :
       {"application/openmetrics-text", "text/plain, APPLICATION/OpenMetrics-Text",
        "application/openmetrics-text ; version=1.0.0 ; Q=0.001, */*;q=1",
        "application/openmetrics-text;q=0,application/openmetrics-text;q=0.5"}) {
    EXPECT_EQ(format_for(open), Format::OpenMetrics) << open;
  }
  for (const char* plain :
       {"text/plain", "", "application/openmetrics-text;q=0", ";;q=,",
        "application/openmetrics-text;version=1.0.0; q=0.000", "*/*",
        "application/openmetrics-text;q=0.1,text/plain;q=0.9", "application/openmetrics-textual"}) {
    EXPECT_EQ(format_for(plain), Format::Prometheus) << plain;
  }
  EXPECT_NE(std::string(content_type(Format::OpenMetrics)).find("openmetrics-text"),
            std::string::npos);
  EXPECT_NE(std::string(content_type(Format::Prometheus)).find("version=0.0.4"), std::string::npos);
}

// The judge has to be able to complain.
TEST(ExpositionReader, RefusesWhatTheFormatsDoNotAllow) {
  const std::string counter = "# HELP a_total A.\n# TYPE a_total counter\n";
  EXPECT_EQ(read_exposition(counter + "a_total{b=\"c\"} 1\n", false).complaint, "");
  const char* const wrong[] = {
      "a_total{b=\"c\"} 1",
      "a_total{b=\"c\"} 1\na_total{b=\"c\"} 2\n",
      "a_total{b=\"c\",b=\"d\"} 1\n",
      "a_total{b=\"c\\d\"} 1\n",
      "a_total{b=\"c} 1\n",
      "a_total{9=\"c\"} 1\n",
      "b_total 1\n",
      "a_total one\n",
      "a_total 1 # {trace_id=\"1\"} 1 1\n",
      "# HELP b B.\n# HELP a_total Again.\n",
  };
  for (const char* const lines : wrong) {
    EXPECT_NE(read_exposition(counter + lines, false).complaint, "") << lines;
  }
  EXPECT_NE(read_exposition(counter + "a_total 1\n# EOF\n", true).complaint, "");
  const std::string open = "# HELP a A.\n# TYPE a counter\na_total 1\n";
  EXPECT_EQ(read_exposition(open + "# EOF\n", true).complaint, "");
  EXPECT_NE(read_exposition(open, true).complaint, "");
  EXPECT_NE(read_exposition(open + "# EOF\n\n", true).complaint, "");
}

}  // namespace
}  // namespace traffic
