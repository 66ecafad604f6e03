#include "sidecar/options.h"

#include <cstdint>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "net/connection.h"
#include "net/host_port.h"
#include "sidecar/config_file.h"
#include "sidecar/limit_rule.h"
#include "sidecar/of_flag.h"
#include "sidecar/options_alerts.h"
#include "sidecar/options_database.h"
#include "sidecar/options_figures.h"
#include "sidecar/options_flags.h"
#include "sidecar/options_headers.h"
#include "sidecar/options_tcp.h"
#include "sidecar/options_watch.h"
#include "sidecar/user_options.h"

namespace sidecar {
namespace {

constexpr std::int64_t kCacheBytesMax = std::int64_t{1} << 40U;
constexpr std::int64_t kBodyBytesMax = std::int64_t{1} << 53U;

/// As the flags say it, before it is settings.
struct Raw {
  std::string upstream, listen = ":15001", config;
  std::string mode = "http", limits = "on", without_redis = "open";
  RawHeaders headers;
  std::vector<std::string> rules;
  std::int64_t head = 10, idle = 75, connect = 5, response = 60, stall = 60, tunnel = 3600;
  std::int64_t upstream_idle = 4, drain = 25, cache_wait = 5, cache_redis = 300, closed_after = 10;
  std::int64_t cache_fresh = 60;
  RawFigures figures;
  RawUsers users;
  RawDatabase database;
  RawAlerts alerts;
  bool check_only = false, config_optional = false;
};

void address_flags(CLI::App& app, Raw& raw, Settings& settings) {
  app.add_option("--upstream", raw.upstream, "where the application listens, HOST:PORT")
      ->envname("MUSTER_SIDECAR_UPSTREAM")
      ->required();
  app.add_option("--listen", raw.listen, "where clients connect, [HOST]:PORT; port 0: any")
      ->capture_default_str();
  app.add_option("--admin-listen", settings.admin_listen,
                 "where metrics and health are served, [HOST]:PORT")
      ->capture_default_str();
  app.add_option("--admin-token-file", settings.admin_token_file,
                 "the token of who may change something over the admin port; default: "
                 "MUSTER_ADMIN_TOKEN; where there is none nobody may");
  app.add_option("--admin-read-token-file", settings.admin_read_token_file,
                 "the token of who reads anything there but /livez and /readyz; default: "
                 "MUSTER_ADMIN_READ_TOKEN; where there is none anybody may");
  auto* const certificate =
      app.add_option("--admin-tls-cert-file", settings.admin_tls_cert_file,
                     "the admin port speaks TLS: its certificate and its issuers, in PEM");
  auto* const key =
      app.add_option("--admin-tls-key-file", settings.admin_tls_key_file, "its key, in PEM");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--admin-client-ca-file", settings.admin_client_ca_file,
                 "who vouches for the certificate that a client has to show for all but /livez "
                 "and /readyz, in PEM; default: none is needed")
      ->needs(certificate);
  app.add_option("--audit-log", settings.audit_log,
                 "where security-relevant events are written: stdout, a file, or off")
      ->capture_default_str();
  app.add_option("--mode", raw.mode, "http, or tcp for any other protocol")
      ->check(CLI::IsMember({"http", "tcp"}))
      ->capture_default_str();
  app.add_option("--threads", settings.threads, "cores to use; default: the CPU quota, else 1")
      ->check(CLI::Range(1, 256));
}

void tls_flags(CLI::App& app, Settings& settings) {
  auto* const certificate =
      app.add_option("--tls-cert-file", settings.tls_cert_file,
                     "clients connect over TLS: the certificate and its issuers, in PEM");
  auto* const key = app.add_option("--tls-key-file", settings.tls_key_file, "its key, in PEM");
  certificate->needs(key);
  key->needs(certificate);
}

void limit_flags(CLI::App& app, Settings& settings) {
  app.add_option("--head-bytes-max", settings.head_bytes_max, "of a head; a longer one: 431")
      ->check(CLI::Range(4096, 65'536))
      ->capture_default_str();
  app.add_option("--body-bytes-max", settings.body_bytes_max,
                 "of a request's body; a longer one: 413; default: no limit")
      ->check(CLI::Range(std::int64_t{0}, kBodyBytesMax));
  app.add_option("--connections-max", settings.connections_max,
                 "of clients at a time; default: what the limit of descriptors allows")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--upstream-idle-max", settings.upstream_idle_max,
                 "connections to the application that are kept, per core")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
}

void time_flags(CLI::App& app, Raw& raw) {
  seconds_flag(app, "--head-seconds", raw.head, "for a head, from its first byte to its last");
  seconds_flag(app, "--idle-seconds", raw.idle, "between two requests of a connection");
  seconds_flag(app, "--connect-seconds", raw.connect, "to connect to the application");
  seconds_flag(app, "--response-seconds", raw.response, "for the application to begin to answer");
  seconds_flag(app, "--stall-seconds", raw.stall, "for a body of which nothing moves");
  seconds_flag(app, "--tunnel-idle-seconds", raw.tunnel,
               "for an upgraded connection, or one of mode tcp, of which nothing moves");
  seconds_flag(app, "--upstream-idle-seconds", raw.upstream_idle,
               "how long an unused connection to the application is kept");
  seconds_flag(app, "--drain-seconds", raw.drain,
               "for what is under way at SIGTERM; what is left then is cut");
}

void bot_flags(CLI::App& app, limit::BotSettings& bots) {
  app.add_option("--bot-requests-max", bots.requests_max,
                 "of one client in ten seconds; more are a sign of a bot")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--bot-pages-min", bots.pages_min,
                 "in a row, each of which follows the one before by number: a sign of a bot")
      ->check(CLI::Range(1, 250))
      ->capture_default_str();
}

void protection_flags(CLI::App& app, Raw& raw, Settings& settings) {
  ProtectionSettings& protection = settings.protection;
  app.add_option("--limits", raw.limits, "on, dry-run (let in and counted), or off")
      ->check(CLI::IsMember({"on", "dry-run", "off"}))
      ->capture_default_str();
  list_flag(app, "--limit-rule", raw.rules,
            "a rule in JSON, may be repeated; default: 500 requests an hour and 2,000 a day");
  list_flag(app, "--trusted-proxy", protection.trusted_proxies,
            "an address or prefix whose X-Forwarded-For is believed, may be repeated");
  list_flag(app, "--allow", protection.allow, "a prefix without limits, may be repeated");
  list_flag(app, "--deny", protection.deny, "a prefix that is answered 403, may be repeated");
  list_flag(app, "--unlimited-path", protection.unlimited_paths,
            "a path, * for any text, that is not limited, may be repeated");
  bot_flags(app, protection.bots);
  app.add_flag("--offender-addresses", protection.offender_addresses,
               "figures name those who are refused most by their addresses, too");
  app.add_option("--concurrency-max", settings.concurrency_max,
                 "requests of one client at once; one more: 429; default: no limit")
      ->check(CLI::Range(1, 4000));
  app.add_option("--limit-keys-max", protection.keys_max, "clients that are counted at once")
      ->check(CLI::Range(1024, 16'777'216))
      ->capture_default_str();
  app.add_option("--fingerprint-key-file", settings.fingerprint_key_file,
                 "the key of fingerprints; default: MUSTER_FINGERPRINT_KEY, else a random one");
  app.add_option("--drill-key-file", settings.drill_key_file,
                 "the key under which drills sign, whose requests are not limited; default: "
                 "MUSTER_DRILL_KEY, else there are none");
}

void redis_flags(CLI::App& app, Raw& raw, Settings& settings) {
  RedisSettings& redis = settings.redis;
  app.add_option("--redis", redis.server, "HOST:PORT through which replicas share their limits");
  app.add_option("--redis-prefix", redis.prefix, "of all keys there")->capture_default_str();
  app.add_option("--redis-password-file", redis.password_file,
                 "its password; default: MUSTER_REDIS_PASSWORD, else none");
  app.add_flag("--redis-tls", redis.tls, "over TLS");
  app.add_option("--redis-ca-file", redis.ca_file, "who vouches for it; default: the system's");
  app.add_option("--limits-without-redis", raw.without_redis,
                 "open: each replica counts by itself; closed: what a limit counts is answered 503")
      ->check(CLI::IsMember({"open", "closed"}))
      ->capture_default_str();
  app.add_option("--limits-closed-after-seconds", raw.closed_after,
                 "for how long Redis was not heard then")
      ->check(CLI::Range(std::int64_t{0}, kFlagSecondsMax))
      ->capture_default_str();
}

void cache_flags(CLI::App& app, Raw& raw, Settings& settings) {
  CacheSettings& cache = settings.cache;
  app.add_option("--cache-bytes-max", cache.bytes_max, "of stored responses; 0: nothing is stored")
      ->check(CLI::Range(std::int64_t{0}, kCacheBytesMax))
      ->capture_default_str();
  app.add_option("--cache-entries-max", cache.entries_max,
                 "of stored responses, whatever they take")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--cache-entry-bytes-max", cache.entry_bytes_max,
                 "of one body; a longer one is not stored")
      ->check(CLI::Range(std::int64_t{1}, kCacheBytesMax))
      ->capture_default_str();
  seconds_flag(app, "--cache-seconds-max", raw.cache_fresh,
               "one answers from memory, whatever lifetime it has");
  list_flag(app, "--cache-route", cache.routes,
            "a path, * for any text, that may be stored, may be repeated; default: all");
  seconds_flag(app, "--cache-wait-seconds", raw.cache_wait,
               "for a request of the same kind that is under way");
  app.add_flag("--cache-redis", cache.redis,
               "what is stored is put into --redis as well, for all replicas");
  seconds_flag(app, "--cache-redis-seconds", raw.cache_redis, "how long it stays there, at most");
}

void outlook_flags(CLI::App& app, alert::OutlookSettings& outlook) {
  app.add_flag("!--no-anomalies", outlook.on, "neither anomalies nor forecasts are looked for");
  app.add_option("--anomaly-warning-score", outlook.warning_above,
                 "standard deviations from the recent mean above which a value is an anomaly")
      ->capture_default_str();
  app.add_option("--anomaly-critical-score", outlook.critical_above, "above which it is critical")
      ->capture_default_str();
  app.add_option("--forecast-steps", outlook.forecast.steps,
                 "samples, of five seconds, that the forecast reaches ahead")
      ->capture_default_str();
  app.add_option("--forecast-ratio", outlook.forecast.ratio,
                 "how much steeper than it was a series has to become to be told")
      ->capture_default_str();
}

base::Result<> settle_redis(const Raw& raw, Settings& settings) {
  settings.redis.fail_closed = raw.without_redis == "closed";
  settings.redis.closed_after = base::seconds(raw.closed_after);
  settings.cache.redis_for = base::seconds(raw.cache_redis);
  if (!settings.redis.server.empty()) {
    TRY(net::Address::parse(settings.redis.server));
    if (!settings.cache.redis || settings.cache.bytes_max > 0) return {};
    return base::fail(base::Code::InvalidArgument,
                      "--cache-redis: there is no cache without --cache-bytes-max");
  }
  const bool missing = settings.redis.fail_closed || settings.cache.redis;
  if (!missing) return {};
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("{}: there is none without --redis",
                  settings.cache.redis ? "--cache-redis" : "--limits-without-redis closed"));
}

base::Result<Settings> settle(const CLI::App& app, const Raw& raw, Settings settings) {
  TRY(settings.upstream, parse_upstream("--upstream", raw.upstream));
  TRY(settings.listen, parse_listen("--listen", raw.listen));
  TRY(parse_listen("--admin-listen", settings.admin_listen));
  const std::string& audit = settings.audit_log;
  if (audit != "stdout" && audit != "off" && audit.find('/') == std::string::npos) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("--audit-log '{}': stdout, off, or a file with its folder", audit));
  }
  settings.mode = raw.mode == "tcp" ? Mode::Tcp : Mode::Http;
  TRY(settle_headers(raw.headers, settings));
  settings.head = base::seconds(raw.head);
  settings.idle = base::seconds(raw.idle);
  settings.connect = base::seconds(raw.connect);
  settings.response = base::seconds(raw.response);
  settings.stall = base::seconds(raw.stall);
  settings.tunnel_idle = base::seconds(raw.tunnel);
  settings.upstream_idle = base::seconds(raw.upstream_idle);
  settings.drain = base::seconds(raw.drain);
  settings.protection.limiting = raw.limits == "off"       ? Limiting::Off
                                 : raw.limits == "dry-run" ? Limiting::DryRun
                                                           : Limiting::On;
  for (const std::string& rule : raw.rules) {
    TRY(limit::RuleSettings parsed, parse_limit_rule(rule));
    settings.protection.rules.push_back(std::move(parsed));
  }
  TRY(check(settings.protection));
  TRY(settle_users(raw.users, settings.mode, settings.users));
  TRY(settle_redis(raw, settings));
  TRY(settle_database(raw.database, settings.database));
  settings.cache.wait = base::seconds(raw.cache_wait);
  settings.cache.fresh_for = base::seconds(raw.cache_fresh);
  TRY(check(settings.cache));
  TRY(settle_ingest(raw.figures, settings.mode, settings.ingest));
  TRY(settle_export(raw.figures, settings.exports));
  TRY(settle_alerts(raw.alerts, settings.alerts));
  TRY(check(settings.outlook));
  TRY(settle_watch(settings));
  if (settings.mode == Mode::Tcp) TRY(fits_tcp(app));
  return settings;
}

/// The flags of the file before the others. `out`: told which file, and what it says.
base::Result<std::vector<std::string>> with_config(const std::vector<std::string>& arguments,
                                                   const ReadFile& read, Parsed& out) {
  constexpr std::string_view kConfig = "--config";
  std::string path;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == kConfig && i + 1 < arguments.size()) path = arguments[i + 1];
    if (word.starts_with("--config=")) path = word.substr(kConfig.size() + 1);
    if (word == "--config-optional") out.config_optional = true;
  }
  TRY(refuse_empty(arguments));
  if (path.empty()) return arguments;
  TRY(out.config_text, or_missing(read(path), out.config_optional));
  out.config_file = path;
  TRY(std::vector<std::string> flags, flags_of_config(out.config_text, path));
  flags.insert(flags.end(), arguments.begin(), arguments.end());
  return flags;
}

}  // namespace

base::Result<HostPort> parse_upstream(std::string_view flag, std::string_view text) {
  TRY(net::Address out, of_flag(flag, net::parse_upstream(text)));
  return HostPort{std::move(out.host), out.port};
}

base::Result<HostPort> parse_listen(std::string_view flag, std::string_view text) {
  TRY(net::Address out, of_flag(flag, net::parse_listen(text)));
  return HostPort{std::move(out.host), out.port};
}

std::string to_string(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

Parsed parse(const std::vector<std::string>& arguments, const std::string& version,
             const ReadFile& read) {
  CLI::App app{"A proxy beside an application: forwards its traffic, watches and protects it.",
               "muster-sidecar"};
  app.set_version_flag("-V,--version", version);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  Raw raw;
  Settings settings;
  address_flags(app, raw, settings);
  tls_flags(app, settings);
  limit_flags(app, settings);
  time_flags(app, raw);
  header_flags(app, raw.headers, settings);
  protection_flags(app, raw, settings);
  user_flags(app, raw.users, settings.users);
  redis_flags(app, raw, settings);
  database_flags(app, raw.database, settings.database);
  cache_flags(app, raw, settings);
  watch_flags(app, settings);
  alert_flags(app, raw.alerts, settings.alerts);
  outlook_flags(app, settings.outlook);
  ingest_flags(app, raw.figures, settings.ingest);
  export_flags(app, raw.figures, settings.exports);
  app.add_option("--config", raw.config,
                 "a SidecarProfile, or its spec, in YAML; flags win over it");
  app.add_flag("--config-optional", raw.config_optional,
               "it may be missing: then defaults are used, with limits in dry-run");
  app.add_flag("--check-config", raw.check_only, "judges flags and file, and ends");
  Parsed out;
  const auto words = with_config(arguments, read, out);
  if (!words) {
    out.err = "error: " + words.error().message + "\n";
    out.exit = kUsage;
    return out;
  }
  try {
    std::vector<std::string> reversed(words->rbegin(), words->rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    std::ostringstream said, complained;
    out.exit = app.exit(error, said, complained) == 0 ? 0 : kUsage;
    out.out = said.str();
    out.err = complained.str();
    return out;
  }
  auto settled = settle(app, raw, settings);
  if (!settled) {
    out.err = "error: " + settled.error().message + "\n";
    out.exit = kUsage;
    return out;
  }
  out.check_only = raw.check_only;
  out.settings = std::move(*settled);
  return out;
}

}  // namespace sidecar
