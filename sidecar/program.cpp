#include "sidecar/program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "aio/clock.h"
#include "aio/deadline.h"
#include "aio/entropy.h"
#include "aio/event.h"
#include "aio/task_group.h"
#include "net/http_server.h"
#include "sidecar/admin.h"
#include "sidecar/admin_port.h"
#include "sidecar/auditor.h"
#include "sidecar/browsers_node.h"
#include "sidecar/cache_admin.h"
#include "sidecar/cache_redis.h"
#include "sidecar/database.h"
#include "sidecar/exporter.h"
#include "sidecar/fault_routes.h"
#include "sidecar/identity_files.h"
#include "sidecar/limit_sharing.h"
#include "sidecar/log.h"
#include "sidecar/machine.h"
#include "sidecar/metrics_page.h"
#include "sidecar/openmetrics.h"
#include "sidecar/options.h"
#include "sidecar/pod_figures.h"
#include "sidecar/preparation.h"
#include "sidecar/readiness.h"
#include "sidecar/receivers.h"
#include "sidecar/replies.h"
#include "sidecar/requests_page.h"
#include "sidecar/secret.h"
#include "sidecar/settle.h"
#include "sidecar/shared.h"
#include "sidecar/upstream_look.h"
#include "sidecar/users_page.h"
#include "sidecar/watch.h"
#include "sidecar/worker.h"

namespace sidecar {
namespace {

constexpr base::Duration kLookEvery = base::seconds(1);
/// How often files are read that may have changed; what changed is used when it was seen twice.
constexpr base::Duration kReadEvery = base::seconds(2);
/// Who waits for a turn at the end is told so, this long before what is left is cut.
constexpr base::Duration kAnswerBefore = base::seconds(2);
/// Descriptors that are not for connections, where there are many: the admin port's, the log's.
constexpr std::size_t kDescriptorsKept = 96;

/// Of one core. A connection of a client may need one to the application: more than can be served
/// are not accepted, whatever was asked for.
std::size_t connections_of(const Settings& settings, std::size_t descriptors, std::size_t cores) {
  const std::size_t fit = (descriptors - std::min(kDescriptorsKept, descriptors / 4)) / 2;
  const std::size_t all =
      settings.connections_max > 0 ? std::min(settings.connections_max, fit) : fit;
  return std::max<std::size_t>(all / cores, 1);
}

class Program {
 public:
  explicit Program(Configured configured) : config_(std::move(configured), clock_.wall_now()) {
    add_routes();
    admin_.on_refused([this](const net::HttpRequest& request, const net::HttpReply& reply) {
      auditor_.refused(request, reply);
    });
    config_.on_news([this](bool taken, const std::string& file, const std::string& text) {
      auditor_.tell({.event = taken ? AuditEvent::ConfigChanged : AuditEvent::ConfigRefused,
                     .who = {},
                     .subject = file,
                     .text = text});
    });
  }

  int run() {
    const auto done = aio::run(context_, whole());
    if (!done) log(Level::Error, done.error().message);
    keep_signals();
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    listen_for_signals();
    CO_TRY(upstream_, upstream_places(settings_.upstream));
    CO_TRY(Prepared made, prepare(clock_, context_.get_executor(), settings_,
                                  [this] { return metrics(traffic::Format::Prometheus); }));
    use(std::move(made));
    intake_.tell_of_users([this](const UserReport& report, double value) {
      return shared_->users.report(report.user, report.what, value, clock_.now());
    });
    traffic_.emplace(*shared_->endpoints, *shared_->requests);
    CO_TRY(auditor_.open(settings_.audit_log));
    shared_->faults.on_change([this](FaultChange change, const Fault& fault,
                                     const std::string& by) { auditor_.fault(change, fault, by); });
    add_fault_routes(admin_, shared_->faults, settings_.mode, [this] { return clock_.now(); });
    CO_TRY(open_identity());
    CO_TRY(receivers_, Receivers::open(clock_, context_.get_executor(), settings_.ingest, intake_));
    shared_->own_service = receivers_->own_service();
    CO_TRY(open_workers());
    CO_TRY(admin_port_,
           AdminPort::open(clock_, context_.get_executor(), settings_, config_.optional(), admin_));
    tell_ports();
    watch_->sample();
    request_history_.sample(*shared_->requests, clock_.now());
    running_ = workers_.size();
    for (const auto& worker : workers_) worker->start([this] { ended(); });
    aio::TaskGroup group(context_.get_executor());
    group.spawn(admin_port_->serve(group.token()));
    group.spawn(look_after_upstream(clock_, *upstream_, ready_, group.token()));
    group.spawn(watch_->run(group.token()));
    group.spawn(sweep(group.token()));
    group.spawn(settle(clock_, [this] { return served(); }, group.token()));
    group.spawn(look_after_files(group.token()));
    receivers_->spawn(group);
    if (exporter_) group.spawn(exporter_->run(group.token()));
    if (pod_figures_) group.spawn(pod_figures_->run(group.token()));
    if (database_) group.spawn(database_->run(group.token()));
    if (sharing_) group.spawn(sharing_->run(group.token()));
    if (cache_redis_) group.spawn(cache_redis_->run(group.token()));
    static_cast<void>(co_await signalled_.wait());
    co_await drain();
    group.cancel();
    static_cast<void>(co_await group.join());
    if (exporter_) co_await exporter_->send_last();
    auditor_.finish(*shared_);
    workers_.clear();
    log(Level::Info, "ended");
    co_return true;
  }

  void use(Prepared made) {
    if (made.key_was_drawn && settings_.mode == Mode::Http) {
      log(Level::Info,
          "no key of fingerprints: one was drawn for this process; set MUSTER_FINGERPRINT_KEY or "
          "--fingerprint-key-file so that fingerprints outlive it");
    }
    cores_ = made.cores;
    shared_ = std::move(made.shared);
    watch_ = std::move(made.watch);
    pod_figures_ = std::move(made.pod_figures);
    sharing_ = std::move(made.sharing);
    database_ = std::move(made.database);
    cache_redis_ = std::move(made.cache_redis);
    exporter_ = std::move(made.exporter);
    if (sharing_) sharing_->begin();
  }

  base::Result<> open_identity() {
    if (settings_.tls_cert_file.empty()) return {};
    if (config_.optional()) {
      identity_ = IdentityFiles::await(served_identity(settings_), clock_.wall_now());
    } else {
      TRY(identity_, IdentityFiles::open(served_identity(settings_), clock_.wall_now()));
    }
    ready_.no_certificate = identity_->why_not();
    return {};
  }

  void tell_ports() const {
    LogFields fields{{"mode", settings_.mode == Mode::Http ? "http" : "tcp"},
                     {"port", std::to_string(workers_.front()->port())},
                     {"tls", identity_ != nullptr ? "yes" : "no"},
                     {"admin_port", std::to_string(admin_port_->port())},
                     {"admin_tls", admin_port_->is_secure() ? "yes" : "no"},
                     {"upstream", to_string(settings_.upstream)},
                     {"threads", std::to_string(workers_.size())}};
    for (auto& more : receivers_->ports()) fields.push_back(std::move(more));
    log(Level::Info, "serving", fields);
  }

  /// All of them before any begins, so that a port that is taken is an error and not a half start.
  base::Result<> open_workers() {
    TRY(auto endpoint, listen_endpoint(settings_.listen));
    const std::size_t each = connections_of(settings_, raise_descriptor_limit(), cores_);
    const bool shared = cores_ > 1;
    if (shared && endpoint.port() != 0) TRY(port_is_free(endpoint));
    for (std::size_t i = 0; i < cores_; ++i) {
      workers_.push_back(
          std::make_unique<Worker>(settings_, *upstream_, each, aio::seed(), Seat{*shared_, i}));
      if (identity_ != nullptr) workers_.back()->show(identity_->current());
      TRY(workers_.back()->listen(endpoint, shared));
      endpoint.port(workers_.front()->port());
    }
    return {};
  }

  /// A shared port can be shared with another sidecar, by mistake, which then gets half of the
  /// connections. One that is not shared is refused while anybody listens there.
  base::Result<> port_is_free(const tcp::endpoint& endpoint) {
    Worker probe(settings_, *upstream_, 1, 0, Seat{*shared_, 0});
    return probe.listen(endpoint, false);
  }

  aio::Task<> drain() {
    log(Level::Info, "draining: nothing new is accepted",
        {{"seconds", std::to_string(settings_.drain / base::seconds(1))}});
    const base::TimePoint end = clock_.now() + settings_.drain;
    ready_.draining = true;
    shared_->faults.drain();
    for (const auto& worker : workers_) worker->drain();
    aio::TaskGroup signals(context_.get_executor());
    std::stop_source enough;
    signals.spawn(end_at_once(enough, signals.token()));
    bool all = co_await done_by(end - std::min(kAnswerBefore, settings_.drain / 2), enough);
    if (!all) {
      end_waits();
      all = co_await done_by(end, enough);
    }
    signals.cancel();
    static_cast<void>(co_await signals.join());
    if (all) co_return;
    log(Level::Warning, "what was still under way is cut");
    for (const auto& worker : workers_) worker->cut();
    static_cast<void>(co_await done_.wait());
  }

  aio::Task<bool> done_by(base::TimePoint when, std::stop_source enough) {
    const aio::Deadline limit(clock_, context_.get_executor(), when, enough.get_token());
    co_return co_await done_.wait(limit.token());
  }

  /// Who waits for a turn that it can hardly get any more is told so, instead of being cut.
  void end_waits() {
    auto users = shared_->users.seen();
    if (!users) return;
    users->settings.wait_max = {};
    shared_->users.use(shared_->user_names, std::move(users->settings), clock_.now());
    for (const auto& worker : workers_) worker->ask_line();
  }

  aio::Task<base::Result<>> end_at_once(std::stop_source enough, std::stop_token stop) {
    if (co_await signalled_.wait(stop)) enough.request_stop();
    co_return base::Result<>{};
  }

  /// Every few seconds, and at once at SIGHUP.
  aio::Task<base::Result<>> look_after_files(std::stop_token stop) {
    while (!stop.stop_requested()) {
      const aio::Deadline next(clock_, context_.get_executor(), clock_.now() + kReadEvery, stop);
      const bool asked = co_await hangup_.wait(next.token());
      if (stop.stop_requested()) break;
      if (asked) log(Level::Info, "SIGHUP: files are read again");
      look_at_identity(asked);
      admin_port_->look(asked, clock_.wall_now());
      config_.look(asked, clock_.wall_now(), [this](const Settings& use) { return put(use); });
    }
    co_return base::Result<>{};
  }

  base::Result<> put(const Settings& settings) {
    TRY(shared_->put(settings, clock_.now()));
    intake_.use(settings.alerts);
    if (database_) database_->judge_by(settings.alerts);
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->set_up(new Setup(settings, aio::seed(), Seat{*shared_, i}));
    }
    return {};
  }

  void look_at_identity(bool at_once) {
    if (identity_ == nullptr) return;
    const IdentityFiles::News news = identity_->look(at_once, clock_.wall_now());
    ready_.no_certificate = identity_->why_not();
    if (news == IdentityFiles::News::None) return;
    for (const auto& worker : workers_) worker->show(identity_->current());
    if (news == IdentityFiles::News::Keys) return;
    auditor_.tell({.event = AuditEvent::CertificateChanged,
                   .who = {},
                   .subject = settings_.tls_cert_file,
                   .text = "another certificate is shown to clients"});
  }

  /// From the first moment to the last: a signal that came between two waits would end the process
  /// in the middle of its work.
  void listen_for_signals() {
    signals_.async_wait([this](const error_code& error, int number) {
      if (error) return;
      (number == SIGHUP ? hangup_ : signalled_).set();
      listen_for_signals();
    });
  }

  /// One that comes when all is done must not make the end look like a kill.
  static void keep_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  }

  /// Called by a worker's thread.
  void ended() {
    boost::asio::post(context_, [this] {
      if (--running_ == 0) done_.set();
    });
  }

  /// Requests, and connections of mode tcp.
  std::uint64_t served() const {
    std::uint64_t out = 0;
    for (const auto& worker : workers_) {
      const Figures& figures = worker->figures();
      out += figures.connections.get();
      for (const Count& each : figures.responses) out += each.get();
    }
    return out;
  }

  /// A fault does nothing from the end of its lease on; this takes it out of everybody's way. Users
  /// are held against their quotas as often, and what looks like a bot is written to the log.
  aio::Task<base::Result<>> sweep(std::stop_token stop) {
    while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
      sweep_faults(shared_->faults, clock_.now());
      shared_->users.look(clock_.now());
      for (const auto& core : shared_->limits) bot_log_.tell(core->bots, clock_.now());
      for (const auto& core : shared_->crypto) intake_.take_own(core->take());
      auditor_.look(*shared_);
      request_history_.sample(*shared_->requests, clock_.now());
    }
    co_return base::Result<>{};
  }

  void add_routes() {
    using Page = net::HttpReply (Program::*)();
    const auto page_of = [this](const char* path, Page page, Access access) {
      admin_.add(
          {"GET", path, access, [this, page](const net::HttpRequest&) { return (this->*page)(); }});
    };
    const auto get = [&](const char* path, Page page) { page_of(path, page, Access::Open); };
    page_of("/livez", &Program::livez, Access::Probe);
    page_of("/readyz", &Program::readyz, Access::Probe);
    get("/health", &Program::health);
    get("/health/database", &Program::database);
    get("/api/monitoring/health", &Program::health);
    get("/api/monitoring/system", &Program::system);
    admin_.add({"GET", "/api/monitoring/metrics", Access::Open,
                [this](const net::HttpRequest& request) { return watch_->metrics(request); }});
    admin_.add({"GET", "/metrics", Access::Open, [this](const net::HttpRequest& request) {
                  return metrics_page(request,
                                      [this](traffic::Format format) { return metrics(format); });
                }});
    get("/api/monitoring/operations", &Program::operations);
    get("/api/monitoring/encryption", &Program::encryption);
    get("/api/monitoring/browsers", &Program::browsers);
    get("/api/monitoring/audit", &Program::audit);
    admin_.add(
        {"GET", "/api/monitoring/users", Access::Open, [this](const net::HttpRequest& request) {
           return users_page(request, shared_->users.seen(), watch_->cpu_ratio());
         }});
    admin_.add(
        {"GET", "/api/monitoring/requests", Access::Open, [this](const net::HttpRequest& request) {
           return requests_page(request, request_history_, *shared_->endpoints, clock_.now(),
                                clock_.wall_now());
         }});
    add_cache_routes(
        admin_, [this] { return shared_->cache.get(); },
        [this](const net::HttpRequest& request, const std::string& pattern, std::size_t count) {
          auditor_.invalidated(request, pattern, count);
        });
  }

  net::HttpReply livez() { return text_reply(200, "ok\n"); }
  net::HttpReply readyz() { return readiness(ready_); }
  net::HttpReply health() { return watch_->health(); }
  net::HttpReply database() {
    return database_ ? database_->health()
                     : error_reply(404, "no database was named to this sidecar: --database");
  }
  net::HttpReply system() {
    return json_reply(200, watch_->system()
                               .set("version", config_.build().version)
                               .set("revision", config_.build().revision));
  }
  net::HttpReply operations() { return json_reply(200, intake_.operations().operations_node()); }
  net::HttpReply encryption() { return json_reply(200, intake_.operations().encryption_node()); }
  net::HttpReply audit() { return auditor_.summary(); }
  net::HttpReply browsers() { return json_reply(200, browsers_node(intake_.rum())); }

  std::string metrics(traffic::Format format) {
    std::vector<const Figures*> figures;
    for (const auto& worker : workers_) figures.push_back(&worker->figures());
    std::string text = exposition(figures) + watch_->exposition() + receivers_->exposition() +
                       intake_.exposition();
    std::vector<const FaultFigures*> touched;
    for (const auto& core : shared_->fault_figures) touched.push_back(core.get());
    text += fault_exposition(shared_->faults, touched, clock_.now());
    text += build_exposition(config_.build()) + config_.exposition() + auditor_.exposition() +
            log_exposition();
    if (shared_->cache) text += cache_exposition(shared_->cache->figures());
    if (cache_redis_) text += cache_redis_->exposition();
    if (sharing_) text += sharing_->exposition();
    if (identity_ != nullptr) text += identity_->exposition();
    text += admin_port_->exposition();
    if (database_) text += database_->exposition();
    if (exporter_) text += exporter_->exposition();
    if (pod_figures_) text += pod_figures_->exposition();
    if (const auto users = shared_->users.seen()) text += users_exposition(*users);
    if (shared_->slots) text += shared_->slots->exposition();
    if (shared_->drill_key) text += drill_exposition(shared_->drill_figures);
    const limit::Table* const counted =
        shared_->counters == nullptr ? nullptr : &shared_->counters->table();
    std::vector<const LimitFigures*> limits;
    for (const auto& core : shared_->limits) limits.push_back(core.get());
    const bool denied =
        std::ranges::any_of(limits, [](const auto* core) { return core->denied.get() > 0; });
    if (counted != nullptr || denied || shared_->clients->denies()) {
      text += limit_exposition(limits, counted);
    }
    const bool open = format == traffic::Format::OpenMetrics;
    std::string out = open ? to_openmetrics(text) : std::move(text);
    traffic_->write(format, out);
    return out + traffic::Exposition::end(format);
  }

  boost::asio::io_context context_;
  aio::SystemClock clock_;
  ConfigReload config_;
  const Settings& settings_ = config_.settings();
  std::optional<Places> upstream_;
  std::size_t cores_ = 1;
  std::unique_ptr<Shared> shared_;
  Intake intake_{clock_, settings_.alerts};
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<Exporter> exporter_;       // null: not asked for
  std::unique_ptr<LimitSharing> sharing_;    // null: limits are not shared
  std::unique_ptr<CacheRedis> cache_redis_;  // null: stored responses are not shared
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<PodFigures> pod_figures_;  // null: the sidecar sees the pod, or asks nobody
  std::optional<traffic::Exposition> traffic_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Database> database_;  // null: none was named
  std::unique_ptr<AdminPort> admin_port_;
  std::unique_ptr<IdentityFiles> identity_;  // null: clients connect in the open
  asio::signal_set signals_{context_, SIGINT, SIGTERM, SIGHUP};
  aio::Event signalled_{context_.get_executor(), aio::Event::Mode::Auto};
  aio::Event hangup_{context_.get_executor(), aio::Event::Mode::Auto};
  aio::Event done_{context_.get_executor()};
  std::size_t running_ = 0;
  Auditor auditor_{clock_};
  traffic::RequestHistory request_history_;
  BotLog bot_log_{[this](const BotNote& note) {
    log_bot(note);
    auditor_.bot(note, *shared_);
  }};
  Admin admin_{[this] { return admin_token(settings_.admin_token_file); },
               [this] { return admin_read_token(settings_.admin_read_token_file); }};
  Readiness ready_{.upstream_detail = "not looked yet"};
};

}  // namespace

int run_sidecar(Configured configured) {
  return Program(std::move(configured)).run();
}

}  // namespace sidecar
