#include "sidecar/user_options.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "alert/cpu_quota.h"
#include "http1/grammar.h"

namespace sidecar {
namespace {

constexpr double kMost = 1e15;

void quota_flags(CLI::App& app, alert::UserQuota& quota) {
  app.add_option("--user-requests-max", quota.concurrent_requests, "requests of one user at once")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000}))
      ->capture_default_str();
  app.add_option("--user-memory-bytes-max", quota.memory_bytes,
                 "memory that the application reports of one user")
      ->check(CLI::Range(std::int64_t{1}, static_cast<std::int64_t>(kMost)))
      ->capture_default_str();
  app.add_option("--user-cpu-percent-max", quota.cpu_percent, "the same of CPU, in per cent")
      ->check(CLI::Range(alert::kCpuQuotaLeast, alert::kCpuQuotaMost))
      ->capture_default_str();
  app.add_option("--user-database-connections-max", quota.database_connections,
                 "the same of connections to the database")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}))
      ->capture_default_str();
}

}  // namespace

void user_flags(CLI::App& app, RawUsers& raw, UserSettings& users) {
  app.add_option("--users", raw.mode, "users have quotas: on, dry-run (let in and counted), or off")
      ->check(CLI::IsMember({"on", "dry-run", "off"}))
      ->capture_default_str();
  app.add_option("--user-header", users.header,
                 "the header that names the user; default: the client is the user");
  app.add_option("--user-cookie", users.cookie,
                 "the cookie that does, where the header is missing");
  app.add_option("--users-max", users.gate.users.users_most, "users at a time; one more: 503")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  quota_flags(app, users.gate.users.quota);
  app.add_option("--user-strategy", raw.strategy, "fair-share, priority or adaptive")
      ->check(CLI::IsMember({"fair-share", "priority", "adaptive"}))
      ->capture_default_str();
  for (const auto& [flag, names, help] :
       {std::tuple{"--user-high", &users.high, "a user of high rank, may be repeated"},
        std::tuple{"--user-low", &users.low, "a user of low rank, may be repeated"}}) {
    app.add_option(flag, *names, help)->take_all()->allow_extra_args(false);
  }
  app.add_option("--user-queue-max", users.gate.waiting_max,
                 "requests of one user that wait; one more: 429")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--user-wait-seconds", raw.wait, "for a turn; else 503")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
}

base::Result<> settle_users(const RawUsers& raw, Mode mode, UserSettings& users) {
  users.mode = raw.mode == "on"        ? Limiting::On
               : raw.mode == "dry-run" ? Limiting::DryRun
                                       : Limiting::Off;
  users.gate.users.strategy = raw.strategy == "priority"   ? alert::Strategy::Priority
                              : raw.strategy == "adaptive" ? alert::Strategy::Adaptive
                                                           : alert::Strategy::FairShare;
  users.gate.wait_max = base::seconds(raw.wait);
  for (const auto& [flag, name] :
       {std::pair{"--user-header", &users.header}, std::pair{"--user-cookie", &users.cookie}}) {
    if (!name->empty() && !http1::grammar::token(*name)) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("{} '{}': a name such as X-User or session", flag, *name));
    }
  }
  if (users.mode != Limiting::Off && mode == Mode::Tcp) {
    return base::fail(base::Code::InvalidArgument, "--users: mode tcp has no requests");
  }
  return {};
}

}  // namespace sidecar
