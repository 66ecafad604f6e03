#include "operator/program.h"

#include <csignal>
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "kube/leader_election.h"
#include "kube/measure.h"
#include "metrics/drill_metrics.h"
#include "metrics/runtime_metrics.h"
#include "net/http_server.h"
#include "operator/lease.h"
#include "operator/log.h"
#include "operator/plan_controller.h"
#include "operator/schedule_controller.h"
#include "operator/stop_switch.h"

namespace op {
namespace {

constexpr const char* kElection = "muster-operator";

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
    return done && !lost_ ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    CO_TRY(const kube::Config config, kube::load_config(options_.kubeconfig, {}));
    CO_TRY(client_, kube::Client::make(clock_, context_.get_executor(), config,
                                       client_options("muster-operator")));
    // Renewals have connections of their own, so that no load delays one.
    CO_TRY(election_client_, kube::Client::make(clock_, context_.get_executor(), config,
                                                client_options("muster-operator/election")));
    kube::measure(*client_, metrics_);
    events_.emplace(clock_, *client_, kube::Reporter{"muster.dev/operator", options_.pod});
    ControllerSettings settings = options_.controllers;
    settings.leads = [this] { return !options_.elect || (election_ && election_->leads()); };
    const std::string own = options_.lease_ns.empty() ? config.ns : options_.lease_ns;
    stops_.emplace(clock_, *client_, own, settings.ns);
    settings.stops = &*stops_;
    drills_.emplace(clock_, *client_, *events_, settings);
    stops_->on_change = [this] { drills_->look_again(); };
    kube::measure(clock_, drills_->controller(), metrics_);
    schedules_.emplace(clock_, *client_, *events_, *drills_, settings);
    kube::measure(clock_, schedules_->controller(), metrics_);
    plans_.emplace(clock_, *client_, *drills_, settings,
                   [this](const kube::Key& plan, const drill::PlanCompliance& compliance) {
                     const drill::ObjectiveRecord& rto = compliance.rto;
                     const drill::ObjectiveRecord& rpo = compliance.rpo;
                     drill_metrics_.compliance(kube::to_string(plan), {rto.ratio, rto.lower_bound},
                                               {rpo.ratio, rpo.lower_bound});
                   });
    kube::measure(clock_, plans_->controller(), metrics_);
    drills_->on_plan = [this](const kube::Key& plan) { plans_->add(plan); };
    drills_->on_drill = [this](const kube::Key& key) {
      schedules_->drill_changed(key);
      const cluster::DrillObject* drill = drills_->drills().find(key);
      if (drill != nullptr) plans_->add({key.space, drill->plan});
    };
    if (!options_.admission.name.empty()) {
      CO_TRY(admission_, Admission::make(clock_, *client_, context_.get_executor(),
                                         options_.admission, own, settings.leads));
      kube::measure(clock_, admission_->controller(), metrics_);
    }
    CO_TRY(auto server, net::HttpServer::listen(
                            clock_, context_.get_executor(), options_.listen,
                            [this](const net::HttpRequest& request) { return serve(request); }));
    log(Level::Info, "serving", {{"port", std::to_string(server->port())}});
    aio::TaskGroup group(context_.get_executor());
    group.spawn(server->serve(group.token()));
    if (admission_) group.spawn(admission_->serve(group.token()));
    group.spawn(stops_->follow(group.token()));
    group.spawn(drills_->follow(group.token()));
    group.spawn(schedules_->follow(group.token()));
    group.spawn(events_->run(group.token()));
    group.spawn(listen_for_signals(group.token()));
    aio::TaskGroup leading(context_.get_executor());
    const auto led = options_.elect ? co_await elect(own, leading) : co_await work_alone(leading);
    leading.cancel();
    static_cast<void>(co_await leading.join());
    group.cancel();
    static_cast<void>(co_await group.join());
    if (!led) co_return tl::unexpected(led.error());
    co_return true;
  }

  aio::Task<base::Result<>> work_alone(aio::TaskGroup& leading) {
    lead(leading);
    co_await aio::wait_for(clock_, base::Duration::max() / 2, ending_.get_token());
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> elect(const std::string& ns, aio::TaskGroup& leading) {
    const kube::LeaseConfig config = lease_config(options_.pod, options_.pod_uid, options_.lease);
    election_.emplace(clock_, *election_client_, kube::Key{ns, kLeaseName}, config);
    kube::measure(*election_, kElection, metrics_);
    election_->on_lead = [this, &leading](std::uint32_t epoch) {
      log(Level::Info, "leading", {{"epoch", std::to_string(epoch)}});
      lead(leading);
    };
    election_->on_lost = [this, &leading](const std::string& why) {
      if (ending_.stop_requested()) return;
      log(Level::Error, "the lease is lost: " + why, {});
      lost_ = true;
      leading.cancel();
      ending_.request_stop();
    };
    leading_ = &leading;
    election_->before_release = [this] { return end_work(); };
    co_return co_await election_->run(ending_.get_token());
  }

  void lead(aio::TaskGroup& leading) {
    leading.spawn(drills_->work(leading.token()));
    leading.spawn(schedules_->work(leading.token()));
    leading.spawn(plans_->work(leading.token()));
    if (admission_) leading.spawn(admission_->work(leading.token()));
  }

  aio::Task<> end_work() {
    leading_->cancel();
    static_cast<void>(co_await leading_->join());
  }

  aio::Task<base::Result<>> listen_for_signals(std::stop_token stop) {
    CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, stop));
    log(Level::Info, "ending: the lease goes last", {});
    ending_.request_stop();
    co_return base::Result<>{};
  }

  net::HttpReply serve(const net::HttpRequest& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/metrics") {
      return {
          200, "text/plain; version=0.0.4; charset=utf-8",
          metrics_.text() + drill_metrics_.text() + (admission_ ? admission_->metrics_text() : "")};
    }
    if (path == "/healthz") return {200, "text/plain", "ok\n"};
    if (path == "/readyz") {
      const bool copies = drills_->synced() && schedules_->synced();
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
  std::unique_ptr<kube::Client> client_, election_client_;
  std::optional<kube::EventRecorder> events_;
  std::optional<StopSwitch> stops_;
  std::optional<DrillController> drills_;
  std::optional<ScheduleController> schedules_;
  std::optional<PlanController> plans_;
  std::unique_ptr<Admission> admission_;  // null: there is none
  std::optional<kube::LeaderElection> election_;
  aio::TaskGroup* leading_ = nullptr;  // what is done by the leader alone
  std::stop_source ending_;
  bool lost_ = false;
};

}  // namespace

int run_operator(const ProgramOptions& options) {
  return Program(options).run();
}

}  // namespace op
