#include "operator/program.h"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/resident.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "kube/measure.h"
#include "metrics/drill_metrics.h"
#include "metrics/runtime_metrics.h"
#include "net/http_server.h"
#include "operator/drill_figures.h"
#include "operator/log.h"
#include "operator/replica.h"

namespace op {
namespace {

constexpr const char* kElection = "muster-operator";
constexpr base::Duration kQuiet = base::seconds(30);  // without a reconcile: it stands by

kube::ClientOptions client_options(const char* agent) {
  kube::ClientOptions out;
  out.user_agent = agent;
  return out;
}

class Program {
 public:
  explicit Program(const ProgramOptions& options) : options_(options) {}

  int run() {
    const auto done = aio::run(context_, whole());
    if (!done) log(Level::Error, done.error().message, {});
    return done && *done ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    CO_TRY(const kube::Config config, kube::load_config(options_.kubeconfig, {}));
    CO_TRY(client_, kube::Client::make(clock_, context_.get_executor(), config,
                                       client_options("muster-operator")));
    CO_TRY(election_client_, kube::Client::make(clock_, context_.get_executor(), config,
                                                client_options("muster-operator/election")));
    const std::string own = options_.lease_ns.empty() ? config.ns : options_.lease_ns;
    ControllerSettings controllers = options_.controllers;
    controllers.webhook_injects = injects(options_.admission);
    replica_.emplace(clock_, *client_, *election_client_,
                     ReplicaOptions{options_.pod, options_.pod_uid, own, options_.elect,
                                    options_.lease, controllers});
    measure_all();
    if (!options_.admission.name.empty()) {
      CO_TRY(admission_,
             Admission::make(clock_, *client_, context_.get_executor(), options_.admission, own,
                             {[this] { return replica_->leads(); },
                              {[this](base::Duration took) {
                                 drill_metrics_.audit_write(took, store::kSlowAuditWrite);
                               },
                               [this] { drill_metrics_.audit_lost(); }}}));
      kube::measure(clock_, admission_->controller(), metrics_);
    }
    if (!options_.metrics.name.empty()) {
      CO_TRY(scrapes_, MetricsServer::make(
                           clock_, *client_, context_.get_executor(), options_.metrics, own,
                           options_.admission.deployment, [this] { return replica_->leads(); },
                           [this] { return metrics_text(); }));
      kube::measure(clock_, scrapes_->controller(), metrics_);
    }
    replica_->also_lead = [this](aio::TaskGroup& leading) {
      if (admission_) leading.spawn(admission_->work(leading.token()));
      if (scrapes_) leading.spawn(scrapes_->work(leading.token()));
    };
    CO_TRY(auto server, net::HttpServer::listen(
                            clock_, context_.get_executor(), options_.listen,
                            [this](const net::HttpRequest& request) { return serve(request); }));
    log(Level::Info, "serving", {{"port", std::to_string(server->port())}});
    aio::TaskGroup group(context_.get_executor());
    group.spawn(server->serve(group.token()));
    if (admission_) group.spawn(admission_->serve(group.token()));
    if (scrapes_) group.spawn(scrapes_->serve(group.token()));
    group.spawn(listen_for_signals(group.token()));
    group.spawn(settle(group.token()));
    const auto kept = co_await replica_->run(ending_.get_token());
    group.cancel();
    static_cast<void>(co_await group.join());
    co_return kept;
  }

  void measure_all() {
    kube::measure(*client_, metrics_);
    kube::measure(clock_, replica_->drills().controller(), metrics_);
    kube::measure(clock_, replica_->schedules().controller(), metrics_);
    kube::measure(clock_, replica_->plans().controller(), metrics_);
    kube::measure(clock_, replica_->profiles().controller(), metrics_);
    if (replica_->election() != nullptr) kube::measure(*replica_->election(), kElection, metrics_);
    replica_->told = [this](const kube::Key& plan, const drill::PlanCompliance* compliance,
                            const std::vector<cluster::DrillObject>& drills) {
      if (compliance == nullptr) return figures_.forget(plan);
      figures_.plan(plan, *compliance, drills, clock_.wall_now());
    };
  }

  /// How often anything became due; admission only answers.
  std::uint64_t turns() {
    return replica_->drills().controller().queue().adds() +
           replica_->schedules().controller().queue().adds() +
           replica_->plans().controller().queue().adds() +
           replica_->profiles().controller().queue().adds();
  }

  /// Most of what a start or a busy time needs is not needed to stand by.
  aio::Task<base::Result<>> settle(std::stop_token stop) {
    std::uint64_t before = turns();
    while (co_await aio::wait_for(clock_, kQuiet, stop)) {
      const bool quiet = turns() == std::exchange(before, turns());
      if (quiet && replica_->synced()) aio::give_back_memory();
    }
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> listen_for_signals(std::stop_token stop) {
    CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, stop));
    log(Level::Info, "ending: the lease goes last", {});
    ending_.request_stop();
    co_return base::Result<>{};
  }

  std::string metrics_text() const {
    return metrics_.text() + drill_metrics_.text() + (admission_ ? admission_->metrics_text() : "");
  }

  net::HttpReply serve(const net::HttpRequest& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/metrics" && scrapes_) {
      return {404, "text/plain",
              fmt::format("metrics are served over TLS, on port {}\n", scrapes_->port())};
    }
    if (path == "/metrics") return {200, kMetricsType, metrics_text()};
    if (path == "/healthz") return {200, "text/plain", "ok\n"};
    if (path == "/readyz") {
      const bool copies = replica_->synced();
      const bool admission = !admission_ || admission_->ready();
      return {
          copies && admission ? 200U : 503U, "text/plain",
          fmt::format("[{}] copies\n[{}] admission\n", copies ? "+" : "-", admission ? "+" : "-")};
    }
    return {404, "text/plain", "try /metrics, /healthz or /readyz\n"};
  }

  const ProgramOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  metrics::RuntimeMetrics metrics_;
  metrics::DrillMetrics drill_metrics_{options_.build};
  DrillFigures figures_{drill_metrics_};
  std::unique_ptr<kube::Client> client_, election_client_;
  std::optional<Replica> replica_;
  std::unique_ptr<Admission> admission_;    // null: there is none
  std::unique_ptr<MetricsServer> scrapes_;  // null: the metrics are in the open
  std::stop_source ending_;
};

}  // namespace

int run_operator(const ProgramOptions& options) {
  return Program(options).run();
}

}  // namespace op
