#include "sidecar/export_format.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "ingest/otlp.h"

namespace sidecar {
namespace {

constexpr const char* kPage =
    "# HELP hits_total How many.\n# TYPE hits_total counter\nhits_total{path=\"/a\"} 5\n"
    "# HELP took_seconds Time.\n# TYPE took_seconds histogram\n"
    "took_seconds_bucket{le=\"0.5\"} 1\ntook_seconds_bucket{le=\"+Inf\"} 4\n"
    "took_seconds_sum 7.25\ntook_seconds_count 4\n"
    "# TYPE depth gauge\ndepth -3\n# TYPE none counter\n";

ingest::OtlpMetrics exported(bool delta) {
  const OtlpExport with{.service = "shop",
                        .instance = "shop-1",
                        .from = base::WallTime(base::seconds(1)),
                        .to = base::WallTime(base::seconds(2)),
                        .delta = delta};
  auto read = ingest::parse_otlp_metrics(otlp_request(read_families(kPage), with),
                                         ingest::OtlpFormat::Protobuf);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *std::move(read) : ingest::OtlpMetrics{};
}

TEST(OtlpExport, NothingEndsBeforeItBeganWhateverTheWallClockSays) {
  const base::TimePoint began(base::seconds(100));
  const CountsSince since{began, base::WallTime(base::seconds(90'000))};
  EXPECT_EQ(since.start(began + base::seconds(10), since.wall + base::seconds(10)), since.wall);
  EXPECT_EQ(since.start(began + base::seconds(10), since.wall + base::seconds(3610)), since.wall)
      << "forward: a counter that begins anew would be one that was reset";
  EXPECT_EQ(since.start(began + base::seconds(10), base::WallTime(base::seconds(3600))),
            base::WallTime(base::seconds(3590)));
}

TEST(OtlpExport, IsWhatTheReaderOfOtlpReads) {
  const ingest::OtlpMetrics metrics = exported(false);
  EXPECT_EQ(metrics.skipped, 0U);
  ASSERT_EQ(metrics.points.size(), 3U);
  EXPECT_EQ(metrics.points[0].name, "hits_total");
  EXPECT_EQ(metrics.points[0].kind, ingest::OtlpKind::Sum);
  EXPECT_TRUE(metrics.points[0].monotonic && !metrics.points[0].delta);
  EXPECT_EQ(metrics.points[0].value, 5);
  EXPECT_EQ(metrics.points[0].attributes,
            (std::vector<std::pair<std::string, std::string>>{{"path", "/a"}}));
  EXPECT_EQ(metrics.points[1].kind, ingest::OtlpKind::Histogram);
  EXPECT_EQ(metrics.points[1].buckets.count(), 4);
  EXPECT_EQ(metrics.points[1].buckets.sum(), 7.25);
  EXPECT_EQ(metrics.points[2].kind, ingest::OtlpKind::Gauge);
  EXPECT_EQ(metrics.points[2].value, -3);
}

TEST(OtlpExport, SaysWhetherItIsOfTheTimeInBetween) {
  const ingest::OtlpMetrics metrics = exported(true);
  ASSERT_EQ(metrics.points.size(), 3U);
  EXPECT_TRUE(metrics.points[0].delta && metrics.points[1].delta);
}

TEST(OtlpExport, HasTheBytesOfTheSchema) {
  const OtlpExport with{.service = "s", .instance = "i", .to = base::WallTime(base::Duration(1))};
  const std::string text = otlp_request(read_families("# TYPE g gauge\ng 1\n"), with);
  // KeyValue{key: "service.name", value: {string_value: "s"}}, and a Gauge with one point at 1 ns.
  EXPECT_NE(text.find(std::string("\x0a\x0cservice.name\x12\x03\x0a\x01s")), std::string::npos);
  const std::string point("\x0a\x12\x19\x01\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\xf0\x3f", 20);
  EXPECT_NE(text.find(std::string("\x2a\x14") + point), std::string::npos);
}

TEST(DogstatsdExport, HasALineForEachFigure) {
  const auto packets = dogstatsd_packets(read_families(kPage), "shop");
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0],
            "hits_total:5|c|#service:shop,path:/a\n"
            "took_seconds_count:4|c|#service:shop\n"
            "took_seconds_sum:7.25|c|#service:shop\n"
            "depth:0|g|#service:shop\n"
            "depth:-3|g|#service:shop");
}

TEST(DogstatsdExport, PacketsHaveABoundAndTagsCannotEndALine) {
  std::string page = "# TYPE a counter\n";
  for (int i = 0; i < 200; ++i) page += "a{n=\"" + std::to_string(i) + "\"} 1\n";
  page += "a{n=\"x|y,z#\\n\"} 1\na{n=\"" + std::string(2000, 'x') + "\"} 1\n";
  std::size_t lines = 0;
  for (const std::string& packet : dogstatsd_packets(read_families(page), "")) {
    EXPECT_LE(packet.size(), kDogstatsdPacketBytes);
    lines += 1 + static_cast<std::size_t>(std::count(packet.begin(), packet.end(), '\n'));
  }
  EXPECT_EQ(lines, 201U) << "the longest is left out";
  EXPECT_EQ(dogstatsd_packets(read_families("# TYPE a counter\na{n=\"x|y,z#\\n\"} 1\n"), "")[0],
            "a:1|c|#n:x_y_z__");
}

}  // namespace
}  // namespace sidecar
