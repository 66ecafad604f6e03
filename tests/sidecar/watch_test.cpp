// Before anything was watched.
#include "sidecar/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "sampling/kubelet_source.h"
#include "still_clock.h"

namespace sidecar {
namespace {

using testing::HasSubstr;
using testing::Not;

class WatchTest : public testing::Test {
 protected:
  static std::unique_ptr<Shared> share(const Settings& settings) {
    auto shared = Shared::create(settings, 1, std::string(32, 'k'));
    CHECK(shared.has_value());
    return std::move(*shared);
  }

  aio::SystemClock clock;
  Settings settings;
  std::unique_ptr<Shared> shared = share(settings);
  Watch watch{clock, settings, *shared, nullptr};
};

TEST_F(WatchTest, HealthIsUnknownBeforeTheFirstSample) {
  const net::HttpReply said = watch.health();
  EXPECT_EQ(said.status, 503U);
  EXPECT_THAT(said.body, HasSubstr("\"status\": \"unknown\""));
}

TEST_F(WatchTest, ARangeThatIsNoneIsRefusedByItsText) {
  const net::HttpReply said = watch.metrics({"GET", "/api/monitoring/metrics?range=soon"});
  EXPECT_EQ(said.status, 400U);
  EXPECT_THAT(said.body, HasSubstr("soon"));
  EXPECT_EQ(watch.metrics({"GET", "/api/monitoring/metrics"}).status, 200U);
}

/// A sidecar that sees nothing but what the kubelet says.
class BlindWatchTest : public testing::Test {
 protected:
  BlindWatchTest() {
    auto source = std::make_unique<sampling::KubeletSource>();
    kubelet = source.get();
    watch.follow(std::move(source));
  }

  /// As a kubelet says it that has looked at that second.
  sampling::KubeletSource::Heard hear(int second, double cores = 0.5) {
    sampling::KubeletStats stats;
    stats.at = base::WallTime(base::seconds(second));
    stats.containers = {
        {.name = "app", .cpu_cores = cores, .working_set_bytes = 300, .swap_bytes = {}}};
    stats.disk = sampling::DiskSpace{100, 50, 50};
    stats.limits = {.cpu_cores = 1.0, .memory_bytes = 1000};
    const base::WallTime wall(clock.at - base::TimePoint(base::seconds(1000)));
    return kubelet->hear(std::move(stats), clock.at, wall);
  }
  void pass(int seconds) {
    clock.at += base::seconds(seconds);
    watch.sample();
  }
  std::string metrics() { return watch.metrics({"GET", "/api/monitoring/metrics"}).body; }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t out = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
    return out;
  }

  StillClock clock;
  Settings settings;
  std::unique_ptr<Shared> shared = *Shared::create(settings, 1, std::string(32, 'k'));
  Watch watch{clock, settings, *shared, nullptr};
  sampling::KubeletSource* kubelet = nullptr;
};

TEST_F(BlindWatchTest, IsUnknownUntilTheKubeletIsHeard) {
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Unknown);
  EXPECT_THAT(watch.health().body, HasSubstr("\"fresh\": false"));
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_source_fresh{source=\"kubelet\"} 0"));
  EXPECT_THAT(watch.exposition(), Not(HasSubstr("muster_pod_source_age_seconds")));
  hear(8);
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
  EXPECT_EQ(watch.health().status, 200U);
  EXPECT_THAT(watch.health().body, HasSubstr("\"name\": \"kubelet\""));
}

TEST_F(BlindWatchTest, IsNotHealthyByTheRestAloneWhileTheKubeletIsNotHeard) {
  double taken = 10;
  watch.ask_database([&taken] { return std::optional(taken); });
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Unknown);
  hear(5);
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
  for (int i = 0; i < 12; ++i) pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Unknown);
  // What is wrong is wrong, whatever else is not known.
  taken = 95;
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Degraded);
}

TEST_F(BlindWatchTest, JudgesWhatTheKubeletSays) {
  hear(0, 0.95);
  pass(5);
  ASSERT_EQ(watch.verdict().issues.size(), 1U);
  EXPECT_EQ(watch.verdict().issues[0].name, "cpu");
  EXPECT_DOUBLE_EQ(watch.verdict().issues[0].value, 95);
}

TEST_F(BlindWatchTest, LimitsOfTheSettingsCountWhereTheKubeletSaysNone) {
  settings.cpu_limit_cores = 10;
  settings.memory_limit_bytes = 320;
  watch.follow([&] {
    auto source = std::make_unique<sampling::KubeletSource>();
    kubelet = source.get();
    return source;
  }());
  hear(0);
  pass(5);
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_cpu_ratio{source=\"kubelet\"} 0.5\n"));
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
  sampling::KubeletStats unlimited;
  unlimited.at = base::WallTime(base::seconds(5));
  unlimited.containers = {
      {.name = "app", .cpu_cores = 0.5, .working_set_bytes = 300, .swap_bytes = {}}};
  kubelet->hear(std::move(unlimited), clock.at, base::WallTime(base::seconds(5)));
  pass(5);
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_cpu_ratio{source=\"kubelet\"} 0.05\n"));
  ASSERT_EQ(watch.verdict().issues.size(), 1U);
  EXPECT_EQ(watch.verdict().issues[0].name, "memory");
}

TEST_F(BlindWatchTest, JudgesByTheSettingsAsTheyAreNow) {
  settings.alerts.thresholds[index(alert::Measure::Cpu)] = {.warning = 40, .critical = 60};
  hear(0);
  pass(5);
  ASSERT_EQ(watch.verdict().issues.size(), 1U);
  EXPECT_EQ(watch.verdict().issues[0].severity, alert::Severity::Warning);
  EXPECT_DOUBLE_EQ(watch.verdict().issues[0].threshold, 40);
  settings.alerts.thresholds[index(alert::Measure::Cpu)] = {.warning = 20, .critical = 45};
  pass(5);
  ASSERT_EQ(watch.verdict().issues.size(), 1U);
  EXPECT_EQ(watch.verdict().issues[0].severity, alert::Severity::Critical);
  EXPECT_DOUBLE_EQ(watch.verdict().issues[0].threshold, 45);
  EXPECT_THAT(metrics(), HasSubstr("\"critical\": 45"));
  settings.alerts.thresholds[index(alert::Measure::Cpu)] = {.warning = 50};
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
}

class TrafficWatchTest : public testing::Test {
 protected:
  void serve(int status, int times) {
    for (int i = 0; i < times; ++i) {
      traffic::Ended ended;
      ended.status = status;
      shared->requests->shard(0).begin();
      shared->requests->shard(0).end(traffic::Method::Get, traffic::kOtherEndpoint, ended);
    }
    clock.at += base::seconds(5);
  }

  StillClock clock;
  Settings settings;
  std::unique_ptr<Shared> shared = *Shared::create(settings, 1, std::string(32, 'k'));
};

/// Processes, as far as a sample is concerned.
class OneProcess final : public sampling::Source {
 public:
  void read(sampling::Reading& reading, sampling::Reader& /*reader*/) override {
    sampling::Member member;
    member.id = {.pid = 7, .instance = 1};
    member.private_bytes = 600;
    member.shared_bytes = 300;
    reading.members.push_back(member);
    reading.groups = reading.containers = 1;
  }
  std::string_view container(std::uint32_t /*group*/) const override { return {}; }
};

TEST_F(TrafficWatchTest, ProcessesAreJudgedByTheLimitsOfTheSettings) {
  for (const bool limited : {false, true}) {
    if (limited) settings.memory_limit_bytes = 1000;
    Watch watch(clock, settings, *shared, std::make_unique<OneProcess>());
    watch.sample();
    ASSERT_EQ(watch.verdict().issues.size(), limited ? 1U : 0U);
    if (!limited) continue;
    EXPECT_EQ(watch.verdict().issues[0].name, "memory");
    EXPECT_DOUBLE_EQ(watch.verdict().issues[0].value, 90);
  }
}

TEST_F(TrafficWatchTest, ThePodsNetworkIsWatchedWhereNothingElseIs) {
  Watch watch(clock, settings, *shared, nullptr);
  watch.watch_network();
  for (int i = 0; i < 2; ++i) {
    watch.sample();
    clock.at += base::seconds(5);
  }
  const std::string said = watch.exposition();
  EXPECT_THAT(said, HasSubstr("muster_pod_network_received_bytes_per_second"));
  for (const char* else_where : {"muster_pod_cpu", "muster_pod_memory", "muster_pod_disk"}) {
    EXPECT_THAT(said, Not(HasSubstr(else_where)));
  }
}

TEST(RunsInAPod, IsWhereTheKubeletSaysWhereTheClusterIs) {
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_FALSE(runs_in_a_pod());
  ::setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
  EXPECT_TRUE(runs_in_a_pod());
  ::unsetenv("KUBERNETES_SERVICE_HOST");
}

TEST_F(TrafficWatchTest, WhatIsAnErrorIsAskedOfTheSettingsAlsoForWhatWas) {
  Watch watch(clock, settings, *shared, nullptr);
  watch.sample();
  serve(429, 20);
  watch.sample();
  ASSERT_EQ(watch.verdict().issues.size(), 1U);
  EXPECT_EQ(watch.verdict().issues[0].name, "error_rate");
  settings.alerts.errors_from = ErrorsFrom::Server;
  clock.at += base::seconds(5);
  watch.sample();
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
  serve(503, 20);
  watch.sample();
  ASSERT_EQ(watch.verdict().issues.size(), 1U);
  EXPECT_DOUBLE_EQ(watch.verdict().issues[0].value, 50);
}

TEST_F(TrafficWatchTest, AQuietTimeAfterTrafficIsHealthyAndEndsWhatWasWrong) {
  Watch watch(clock, settings, *shared, nullptr);
  watch.sample();
  EXPECT_EQ(watch.verdict().health, alert::Health::Unknown);
  serve(503, 20);
  testing::internal::CaptureStderr();
  watch.sample();
  EXPECT_EQ(watch.verdict().health, alert::Health::Degraded);
  for (int i = 0; i < 26; ++i) {  // a minute until it is forgotten, and one in which nothing comes
    clock.at += base::seconds(5);
    watch.sample();
  }
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
  EXPECT_THAT(watch.verdict().unmeasured, testing::Contains("error_rate"));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("\"alert firing\""));
  EXPECT_THAT(said, HasSubstr("\"alert resolved\""));
}

TEST_F(TrafficWatchTest, DisksThatAreNamedAreWatchedWhereNothingElseIs) {
  settings.alerts.disk_paths = {"/no/such/path", "/proc", "/usr"};
  Watch watch(clock, settings, *shared, nullptr);
  for (int i = 0; i < 2; ++i) {
    watch.sample();
    clock.at += base::seconds(5);
  }
  const std::string said = watch.metrics({"GET", "/api/monitoring/metrics"}).body;
  EXPECT_THAT(said, HasSubstr("\"disk_path\": \"/usr\""));
  EXPECT_THAT(said, HasSubstr("\"disk_ratio\""));
  for (const char* of_machine : {"cpu_", "memory_", "_bytes_per_second"}) {
    EXPECT_THAT(said, Not(HasSubstr(of_machine)));
  }
  EXPECT_THAT(watch.verdict().unmeasured, testing::Contains("cpu"));
  EXPECT_THAT(watch.verdict().unmeasured, Not(testing::Contains("disk")));
}

TEST_F(BlindWatchTest, AReadingIsOnePointAndIsShownUntilTheNext) {
  hear(0);
  for (int i = 0; i < 3; ++i) pass(5);
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_cpu_cores{source=\"kubelet\"} 0.5\n"));
  EXPECT_THAT(watch.exposition(),
              HasSubstr("muster_pod_source_age_seconds{source=\"kubelet\"} 15\n"));
  // Once in `current`, once in `averages`, and once in the one point that has it.
  EXPECT_EQ(count(metrics(), "\"cpu_cores\""), 3U);
  hear(15, 0.25);
  pass(5);
  EXPECT_EQ(count(metrics(), "\"cpu_cores\""), 4U);
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_cpu_cores{source=\"kubelet\"} 0.25\n"));
}

TEST_F(BlindWatchTest, WhenNothingComesAnyMoreItIsUnknownAndShowsNothingOfIt) {
  hear(0, 0.95);
  for (int i = 0; i < 12; ++i) pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Degraded);
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_cpu_cores"));
  pass(5);  // 65 s after the kubelet looked
  EXPECT_EQ(watch.verdict().health, alert::Health::Unknown);
  EXPECT_EQ(watch.health().status, 503U);
  EXPECT_THAT(watch.verdict().unmeasured, testing::Contains("cpu"));
  EXPECT_THAT(watch.exposition(), Not(HasSubstr("muster_pod_cpu_cores")));
  EXPECT_THAT(watch.exposition(), HasSubstr("muster_pod_source_fresh{source=\"kubelet\"} 0"));
  hear(65);
  pass(5);
  EXPECT_EQ(watch.verdict().health, alert::Health::Healthy);
}

}  // namespace
}  // namespace sidecar
