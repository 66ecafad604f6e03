#include "sidecar/preparation.h"

#include <utility>

#include <boost/asio/io_context.hpp>

#include "aio/entropy.h"
#include "sidecar/admin_port.h"
#include "sidecar/auditor.h"
#include "sidecar/machine.h"
#include "sidecar/secret.h"

namespace sidecar {
namespace {

class Preparing {
 public:
  Preparing(aio::Clock& clock, aio::Executor executor, const Settings& settings)
      : clock_(clock), executor_(std::move(executor)), settings_(settings) {}

  base::Result<> share() {
    TRY(const FingerprintSecret secret, fingerprint_secret(settings_.fingerprint_key_file));
    out_.key_was_drawn = secret.drawn;
    out_.cores = settings_.threads > 0 ? settings_.threads : quota_cores("/sys/fs/cgroup");
    TRY(out_.shared, Shared::create(settings_, out_.cores, secret.key));
    TRY(out_.shared->drill_key, drill_key(settings_.drill_key_file));
    return {};
  }

  /// What the sidecar can see for itself it asks nobody for.
  base::Result<> watch() {
    TRY(auto source, watched_source(settings_.watch));
    const bool blind = source == nullptr && settings_.watch == "auto";
    out_.watch = std::make_unique<Watch>(clock_, settings_, *out_.shared, std::move(source));
    if (!blind) return {};
    const PodFiguresPlace place = pod_figures_place(settings_.pod_figures);
    if (place.url.empty()) {
      if (runs_in_a_pod()) out_.watch->watch_network();
      return {};
    }
    auto kubelet = std::make_unique<sampling::KubeletSource>(place.uid);
    TRY(out_.pod_figures, PodFigures::create(clock_, executor_, place.url, *kubelet));
    out_.watch->follow(std::move(kubelet));
    return {};
  }

  /// Also where limits are off: a new configuration may turn them on.
  base::Result<> share_limits() {
    if (!out_.shared->shares_limits) return {};
    TRY(has_fingerprint_key(settings_.fingerprint_key_file));
    TRY(out_.sharing,
        LimitSharing::create(clock_, executor_, settings_.redis, *out_.shared, aio::seed()));
    return {};
  }

  base::Result<> open_database() {
    if (settings_.database.url.empty()) return {};
    TRY(out_.database, Database::create(clock_, executor_, settings_.database));
    out_.database->judge_by(settings_.alerts);
    out_.watch->ask_database(
        [database = out_.database.get()] { return database->connections_percent(); });
    return {};
  }

  base::Result<> share_cache() {
    Shared& shared = *out_.shared;
    if (shared.cache == nullptr || !settings_.cache.redis) return {};
    TRY(has_fingerprint_key(settings_.fingerprint_key_file));
    TRY(out_.cache_redis, CacheRedis::create(clock_, executor_, settings_, *shared.cache,
                                             shared.secret, aio::seed()));
    shared.cache->put_behind(out_.cache_redis.get());
    return {};
  }

  base::Result<> export_to(std::function<std::string()> page) {
    const ExportSettings& to = settings_.exports;
    if (!to.dogstatsd && to.otlp_url.empty()) return {};
    TRY(out_.exporter, Exporter::create(clock_, executor_, to, std::move(page)));
    return {};
  }

  Prepared take() { return std::move(out_); }

 private:
  aio::Clock& clock_;
  aio::Executor executor_;
  const Settings& settings_;
  Prepared out_;
};

}  // namespace

base::Result<Prepared> prepare(aio::Clock& clock, const aio::Executor& executor,
                               const Settings& settings, std::function<std::string()> page) {
  Preparing out(clock, executor, settings);
  TRY(out.share());
  TRY(out.watch());
  TRY(out.share_limits());
  TRY(out.open_database());
  TRY(out.share_cache());
  TRY(out.export_to(std::move(page)));
  return out.take();
}

IdentityPaths served_identity(const Settings& settings) {
  return {.what = "tls",
          .certificate = settings.tls_cert_file,
          .key = settings.tls_key_file,
          .speaks = settings.mode == Mode::Http ? net::Speaks::Http : net::Speaks::Anything};
}

base::Result<> check_files(const Settings& settings) {
  boost::asio::io_context context;  // which never runs
  aio::SystemClock clock;
  TRY(prepare(clock, context.get_executor(), settings, [] { return std::string(); }));
  const base::WallTime now = clock.wall_now();
  if (!settings.tls_cert_file.empty()) TRY(IdentityFiles::open(served_identity(settings), now));
  TRY(check_admin_identity(settings, now));
  TRY(admin_token(settings.admin_token_file));
  TRY(admin_read_token(settings.admin_read_token_file));
  if (!settings.exports.otlp_url.empty()) TRY(export_headers(settings.exports));
  return check_audit_log(settings.audit_log);
}

}  // namespace sidecar
