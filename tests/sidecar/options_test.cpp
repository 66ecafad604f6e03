#include "sidecar/options.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/machine.h"

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

base::Result<std::string> no_file(const std::string& path) {
  return base::fail(base::Code::NotFound, "no file " + path);
}

Settings settings_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--upstream", "127.0.0.1:8080"});
  const Parsed parsed = parse(arguments, "v", no_file);
  EXPECT_TRUE(parsed.settings.has_value()) << parsed.err;
  return parsed.settings.value_or(Settings{});
}

TEST(Options, NeedOnlyTheApplication) {
  const Settings settings = settings_of({});
  EXPECT_EQ(to_string(settings.upstream), "127.0.0.1:8080");
  EXPECT_EQ(to_string(settings.listen), ":15001");
  EXPECT_EQ(settings.mode, Mode::Http);
  EXPECT_EQ(settings.forwarded, Forwarded::Append);
  EXPECT_TRUE(settings.security_headers.on);
  EXPECT_FALSE(settings.make_trace);
  EXPECT_EQ(settings.threads, 0U);
}

TEST(Options, HaveTheDefaultsOfTheSettings) {
  const Settings flags = settings_of({});
  const Settings plain;
  EXPECT_EQ(flags.head, plain.head);
  EXPECT_EQ(flags.idle, plain.idle);
  EXPECT_EQ(flags.connect, plain.connect);
  EXPECT_EQ(flags.response, plain.response);
  EXPECT_EQ(flags.stall, plain.stall);
  EXPECT_EQ(flags.tunnel_idle, plain.tunnel_idle);
  EXPECT_EQ(flags.upstream_idle, plain.upstream_idle);
  EXPECT_EQ(flags.drain, plain.drain);
  EXPECT_EQ(flags.listen.port, plain.listen.port);
}

TEST(Options, AFileThatMayBeMissingIsAsOneWithDryRun) {
  const Settings settings = settings_of({"--config", "/none", "--config-optional"});
  EXPECT_EQ(settings.protection.limiting, Limiting::DryRun);
  EXPECT_EQ(settings_of({"--config=/none", "--config-optional", "--limits=on"}).protection.limiting,
            Limiting::On);
  // One that is there says it itself.
  const auto file = [](const std::string&) { return base::Result<std::string>("makeTrace: true"); };
  const Parsed there = parse({"--upstream=a:1", "--config=/there", "--config-optional"}, "v", file);
  ASSERT_TRUE(there.settings.has_value()) << there.err;
  EXPECT_TRUE(there.config_optional);
  EXPECT_EQ(there.settings->protection.limiting, Limiting::On);
  // What cannot be read is not missing, and without the flag a file is there or it is an error.
  const auto unreadable = [](const std::string&) -> base::Result<std::string> {
    return base::fail(base::Code::PermissionDenied, "cannot read it");
  };
  EXPECT_EQ(parse({"--upstream=a:1", "--config=/a", "--config-optional"}, "v", unreadable).exit, 2);
  EXPECT_EQ(parse({"--upstream=a:1", "--config=/a"}, "v", no_file).exit, 2);
}

TEST(Options, AreAllTaken) {
  const Settings settings = settings_of({"--listen",
                                         "[::1]:0",
                                         "--admin-listen",
                                         ":0",
                                         "--threads",
                                         "3",
                                         "--head-bytes-max",
                                         "4096",
                                         "--body-bytes-max",
                                         "10",
                                         "--connections-max",
                                         "5",
                                         "--upstream-idle-max",
                                         "0",
                                         "--head-seconds",
                                         "1",
                                         "--idle-seconds",
                                         "2",
                                         "--connect-seconds",
                                         "3",
                                         "--response-seconds",
                                         "4",
                                         "--stall-seconds",
                                         "5",
                                         "--tunnel-idle-seconds",
                                         "6",
                                         "--upstream-idle-seconds",
                                         "7",
                                         "--drain-seconds",
                                         "8",
                                         "--forwarded",
                                         "replace",
                                         "--tls-cert-file",
                                         "c.pem",
                                         "--tls-key-file",
                                         "k.pem",
                                         "--make-trace",
                                         "--no-security-headers"});
  EXPECT_EQ(to_string(settings.listen), "[::1]:0");
  EXPECT_EQ(settings.admin_listen, ":0");
  EXPECT_EQ(settings_of({"--mode", "tcp"}).mode, Mode::Tcp);
  EXPECT_EQ(settings.threads, 3U);
  EXPECT_EQ(settings.head_bytes_max, 4096U);
  EXPECT_EQ(settings.body_bytes_max, 10U);
  EXPECT_EQ(settings.connections_max, 5U);
  EXPECT_EQ(settings.upstream_idle_max, 0U);
  const base::Duration times[] = {settings.head,          settings.idle,  settings.connect,
                                  settings.response,      settings.stall, settings.tunnel_idle,
                                  settings.upstream_idle, settings.drain};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(times[i], base::seconds(i + 1));
  EXPECT_EQ(settings.forwarded, Forwarded::Replace);
  EXPECT_EQ(settings.tls_cert_file, "c.pem");
  EXPECT_EQ(settings.tls_key_file, "k.pem");
  EXPECT_TRUE(settings.make_trace);
  EXPECT_FALSE(settings.security_headers.on);
}

TEST(Options, TellWhatIsWrong) {
  const auto error_of = [](std::vector<std::string> arguments) {
    const Parsed parsed = parse(arguments, "v", no_file);
    EXPECT_EQ(parsed.exit, 2);
    EXPECT_FALSE(parsed.settings.has_value());
    return parsed.err;
  };
  EXPECT_THAT(error_of({}), HasSubstr("--upstream is required"));
  EXPECT_THAT(error_of({"--upstream", "a:b"}), HasSubstr("--upstream 'a:b'"));
  EXPECT_THAT(error_of({"--upstream", "::1:80"}), HasSubstr("--upstream '::1:80'"));
  EXPECT_THAT(error_of({"--upstream", "a:0"}), HasSubstr("HOST:PORT, both given"));
  EXPECT_THAT(error_of({"--upstream", "a:1", "--listen", "5"}), HasSubstr("--listen '5'"));
  EXPECT_THAT(error_of({"--upstream", "a:1", "--head-bytes-max", "1"}), HasSubstr("4096"));
  EXPECT_THAT(error_of({"--upstream", "a:1", "--tls-cert-file", "c"}), HasSubstr("--tls-key-file"));
  EXPECT_THAT(error_of({"--upstream", "a:1", "--tls-key-file", "k"}), HasSubstr("--tls-cert-file"));
}

TEST(Options, SayTheVersionAndHelp) {
  const Parsed version = parse({"--version"}, "muster-sidecar 1", no_file);
  EXPECT_EQ(version.exit, 0);
  EXPECT_THAT(version.out, HasSubstr("muster-sidecar 1"));
  EXPECT_THAT(parse({"--help"}, "", no_file).out, HasSubstr("--drain-seconds"));
}

Parsed with_file(const std::string& text, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--config", "side.yaml"});
  return parse(arguments, "v", [&](const std::string& path) -> base::Result<std::string> {
    EXPECT_EQ(path, "side.yaml");
    return text;
  });
}

TEST(ConfigFile, HasAFieldForEachFlag) {
  const Parsed parsed = with_file(
      "upstream: 127.0.0.1:81\nlisten: ':1'\nadminListen: ':2'\nthreads: 3\n"
      "headBytesMax: 4097\nbodyBytesMax: 5\nconnectionsMax: 6\nupstreamIdleMax: 7\n"
      "headSeconds: 1\nidleSeconds: 2\nconnectSeconds: 3\nresponseSeconds: 4\nstallSeconds: 5\n"
      "tunnelIdleSeconds: 6\nupstreamIdleSeconds: 7\ndrainSeconds: 8\nforwarded: 'off'\n"
      "makeTrace: true\nsecurityHeaders: false\n",
      {});
  ASSERT_TRUE(parsed.settings) << parsed.err;
  const Settings& settings = *parsed.settings;
  EXPECT_EQ(settings.upstream.port, 81);
  EXPECT_EQ(settings.listen.port, 1);
  EXPECT_EQ(settings.admin_listen, ":2");
  EXPECT_EQ(with_file("upstream: a:1\nmode: tcp\n", {}).settings->mode, Mode::Tcp);
  EXPECT_EQ(settings.threads, 3U);
  EXPECT_EQ(settings.head_bytes_max, 4097U);
  EXPECT_EQ(settings.body_bytes_max, 5U);
  EXPECT_EQ(settings.connections_max, 6U);
  EXPECT_EQ(settings.upstream_idle_max, 7U);
  const base::Duration times[] = {settings.head,          settings.idle,  settings.connect,
                                  settings.response,      settings.stall, settings.tunnel_idle,
                                  settings.upstream_idle, settings.drain};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(times[i], base::seconds(i + 1));
  EXPECT_EQ(settings.forwarded, Forwarded::Off);
  EXPECT_TRUE(settings.make_trace);
  EXPECT_FALSE(settings.security_headers.on);
}

TEST(ConfigFile, IsLessThanTheCommandLine) {
  const Parsed parsed =
      with_file("kind: SidecarProfile\nspec: {upstream: '127.0.0.1:81', headSeconds: 3}\n",
                {"--head-seconds", "9"});
  ASSERT_TRUE(parsed.settings) << parsed.err;
  EXPECT_EQ(parsed.settings->upstream.port, 81);
  EXPECT_EQ(parsed.settings->head, base::seconds(9));
}

TEST(ConfigFile, WhatIsEmptyIsRefusedAndTakesNothingElseWithIt) {
  for (const char* field : {"exportService", "adminTokenFile", "redisPrefix", "userHeader"}) {
    const Parsed parsed =
        with_file(fmt::format("upstream: a:1\n{}: ''\ndeny: [127.0.0.0/8]\n", field), {});
    EXPECT_EQ(parsed.exit, 2) << field;
    EXPECT_THAT(parsed.err, HasSubstr(fmt::format("{}: '': is empty; leave it out", field)));
  }
  const Parsed item = with_file("upstream: a:1\nallow: [10.0.0.1, '']\ndeny: [10.0.0.2]\n", {});
  EXPECT_THAT(item.err, HasSubstr("allow: '': is empty"));
}

TEST(Flags, OneThatIsEmptyIsRefusedAndTakesNoOtherForItsValue) {
  const Parsed parsed = parse({"--export-service=", "--upstream", "a:1"}, "v", no_file);
  EXPECT_EQ(parsed.exit, 2);
  EXPECT_THAT(parsed.err, HasSubstr("--export-service '': is empty"));
}

TEST(ConfigFile, TellsEveryProblemWithItsPlace) {
  const auto wrong = [](const std::string& text) {
    const Parsed parsed = with_file(text, {});
    EXPECT_EQ(parsed.exit, 2);
    EXPECT_FALSE(parsed.settings.has_value());
    return parsed.err;
  };
  const std::string both = wrong("upstreams: a:1\nheadSeconds: soon\nmakeTrace: 1\n");
  EXPECT_THAT(both,
              HasSubstr("side.yaml:1:1: upstreams: no such field. Did you mean \"upstream\"?"));
  EXPECT_THAT(both, HasSubstr("side.yaml:2:14: headSeconds: string where an integer belongs"));
  EXPECT_THAT(both, HasSubstr("makeTrace: integer where true or false belongs"));
  EXPECT_THAT(wrong("upstream: a:1\nheadSeconds: 0\n"), HasSubstr("--head-seconds"));
  EXPECT_THAT(wrong("kind: Drill\n"), HasSubstr("'Drill': SidecarProfile is read"));
  EXPECT_THAT(wrong("- a\n"), HasSubstr("list where a map belongs"));
  EXPECT_THAT(wrong("a: [\n"), HasSubstr("side.yaml:"));
  EXPECT_THAT(wrong(""), HasSubstr("0 documents"));
  EXPECT_THAT(parse({"--config=x.yaml"}, "v", no_file).err, HasSubstr("no file x.yaml"));
}

class Quota : public testing::Test {
 protected:
  Quota() { std::filesystem::create_directories(root_ / "cpu"); }
  ~Quota() override { std::filesystem::remove_all(root_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / name) << text;
  }
  std::filesystem::path root_ = std::filesystem::path(testing::TempDir()) /
                                testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(Quota, IsReadInBothVersions) {
  EXPECT_EQ(quota_cores(root_), 1U);
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota_cores(root_), 1U);
  write("cpu/cpu.cfs_quota_us", "50000\n");
  EXPECT_EQ(quota_cores(root_), 1U);
  write("cpu.max", "max 100000\n");
  EXPECT_EQ(quota_cores(root_), 1U);
  write("cpu.max", "nonsense here\n");
  EXPECT_EQ(quota_cores(root_), 1U);
}

TEST_F(Quota, IsRoundedUpAndNeverBeyondTheMachine) {
  const unsigned machine = std::max(1U, std::thread::hardware_concurrency());
  write("cpu.max", "110000 100000\n");
  EXPECT_EQ(quota_cores(root_), std::min(2U, machine));
  write("cpu.max", "99900000 100000\n");
  EXPECT_EQ(quota_cores(root_), machine);
}

std::vector<std::string> places(const HostPort& address) {
  std::vector<std::string> out;
  const auto found = upstream_places(address);
  if (!found) return {found.error().message};
  for (std::size_t i = 0; i < found->size(); ++i) {
    const auto& one = found->at(i);
    out.push_back(to_string(HostPort{one.address().to_string(), one.port()}));
  }
  return out;
}

TEST(Machine, FindsAnApplicationByNumberAndLocalhostInBothFamilies) {
  EXPECT_THAT(places({"::1", 80}), ElementsAre("[::1]:80"));
  EXPECT_THAT(places({"10.1.2.3", 80}), ElementsAre("10.1.2.3:80"));
  EXPECT_THAT(places({"localhost", 80}), ElementsAre("127.0.0.1:80", "[::1]:80"));
}

TEST(Machine, KnowsAddressesAndRefusesNamesToListenOn) {
  EXPECT_EQ(listen_endpoint({"10.1.2.3", 80})->port(), 80);
  EXPECT_TRUE(listen_endpoint({"", 80})->address().is_unspecified());
  const auto wrong = listen_endpoint({"shop", 80});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, HasSubstr("--listen 'shop'"));
}

}  // namespace
}  // namespace sidecar
