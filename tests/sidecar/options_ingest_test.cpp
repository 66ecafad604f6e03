#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

void expect_all(const Parsed& from) {
  ASSERT_TRUE(from.settings) << from.err;
  const IngestSettings& ingest = from.settings->ingest;
  EXPECT_EQ(to_string(*ingest.statsd_listen), "127.0.0.1:8125");
  EXPECT_EQ(to_string(*ingest.otlp_listen), "[::1]:4318");
  EXPECT_EQ(ingest.rum_path, "/metrics/performance");
  EXPECT_EQ(to_string(*ingest.rum_listen), ":9000");
  EXPECT_EQ(ingest.rum_origins,
            (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_EQ(from.settings->concurrency_max, 5U);
  const ExportSettings& exports = from.settings->exports;
  EXPECT_EQ(exports.otlp_url, "http://127.0.0.1:4318/v1/metrics");
  EXPECT_EQ(exports.header_files, (std::vector<std::string>{"api-key=/k"}));
  EXPECT_EQ(exports.ca_file, "/ca");
  EXPECT_TRUE(exports.delta);
  EXPECT_EQ(to_string(*exports.dogstatsd), "127.0.0.1:8126");
  EXPECT_EQ(exports.every, base::seconds(7));
  EXPECT_EQ(exports.service, "shop");
}

TEST(IngestOptions, AreNoneUnlessTheyAreAskedFor) {
  const Parsed none = parsed({});
  ASSERT_TRUE(none.settings) << none.err;
  EXPECT_FALSE(none.settings->ingest.statsd_listen || none.settings->ingest.otlp_listen ||
               none.settings->ingest.rum_listen);
  EXPECT_EQ(none.settings->ingest.rum_path, "");
  EXPECT_EQ(none.settings->concurrency_max, 0U);
  EXPECT_EQ(none.settings->exports.otlp_url, "");
  EXPECT_FALSE(none.settings->exports.dogstatsd);
  EXPECT_EQ(none.settings->exports.every, ExportSettings{}.every);
}

TEST(IngestOptions, AreFlagsAndFields) {
  expect_all(
      parsed({"--statsd-listen=127.0.0.1:8125", "--otlp-listen=[::1]:4318",
              "--rum-path=/metrics/performance", "--rum-listen=:9000",
              "--rum-origin=https://a.example", "--rum-origin=https://b.example",
              "--concurrency-max=5", "--export-otlp=http://127.0.0.1:4318/v1/metrics",
              "--export-header-file=api-key=/k", "--export-ca-file=/ca", "--export-delta",
              "--export-dogstatsd=127.0.0.1:8126", "--export-seconds=7", "--export-service=shop"}));
  expect_all(parsed(
      {},
      "statsdListen: 127.0.0.1:8125\notlpListen: '[::1]:4318'\nrumPath: /metrics/performance\n"
      "rumListen: ':9000'\nrumOrigins: ['https://a.example', 'https://b.example']\n"
      "concurrencyMax: 5\nexportOtlp: http://127.0.0.1:4318/v1/metrics\n"
      "exportHeaderFiles: [api-key=/k]\nexportCaFile: /ca\nexportDelta: true\n"
      "exportDogstatsd: 127.0.0.1:8126\nexportSeconds: 7\nexportService: shop\n"));
}

TEST(IngestOptions, TellWhatIsWrong) {
  const auto error_of = [](std::vector<std::string> arguments) {
    const Parsed out = parsed(std::move(arguments));
    EXPECT_EQ(out.exit, 2);
    return out.err;
  };
  EXPECT_THAT(error_of({"--statsd-listen=8125"}), HasSubstr("--statsd-listen '8125'"));
  EXPECT_THAT(error_of({"--otlp-listen=x"}), HasSubstr("--otlp-listen 'x'"));
  EXPECT_THAT(error_of({"--rum-listen=x"}), HasSubstr("--rum-listen 'x'"));
  for (const char* path : {"rum", "/", "/rum/", "/r?x", "/r*", "/a b"}) {
    EXPECT_THAT(error_of({std::string("--rum-path=") + path}), HasSubstr("--rum-path '"));
  }
  for (const char* origin : {"shop.example", "https://shop.example/"}) {
    EXPECT_THAT(error_of({std::string("--rum-origin=") + origin}),
                HasSubstr(std::string("--rum-origin '") + origin));
  }
  EXPECT_THAT(error_of({"--otlp-listen=shop:80"}), HasSubstr("has to be an address"));
  EXPECT_THAT(error_of({"--rum-path=/r", "--mode=tcp"}), HasSubstr("mode tcp has no paths"));
  EXPECT_THAT(error_of({"--concurrency-max=4001"}), HasSubstr("4000"));
  EXPECT_THAT(error_of({"--export-otlp=collector:4318"}), HasSubstr("--export-otlp"));
  EXPECT_THAT(error_of({"--export-header-file=key"}), HasSubstr("NAME=FILE"));
  EXPECT_THAT(error_of({"--export-dogstatsd=x"}), HasSubstr("--export-dogstatsd 'x'"));
}

}  // namespace
}  // namespace sidecar
