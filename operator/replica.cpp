#include "operator/replica.h"

#include <utility>

#include <boost/asio/this_coro.hpp>

#include "operator/lease.h"
#include "operator/log.h"
#include "operator/profile_delivery.h"
#include "operator/reconcile_log.h"

namespace op {

Replica::Replica(aio::Clock& clock, kube::Client& client, kube::Client& election_client,
                 ReplicaOptions options)
    : clock_(clock),
      options_(std::move(options)),
      events_(clock, client, kube::Reporter{"muster.dev/operator", options_.pod}),
      stops_(clock, client, options_.own, options_.controllers.ns),
      drills_(clock, client, events_, settings()),
      schedules_(clock, client, events_, drills_, settings()),
      plans_(clock, client, drills_, settings(),
             [this](const kube::Key& plan, const drill::PlanCompliance* compliance,
                    const std::vector<cluster::DrillObject>& drills) {
               if (told) told(plan, compliance, drills);
             }),
      profiles_(clock, client, events_, settings()) {
  if (options_.elect) {
    election_.emplace(clock, election_client, kube::Key{options_.own, kLeaseName},
                      lease_config(options_.pod, options_.pod_uid, options_.lease));
  }
  wire();
}

ControllerSettings Replica::settings() {
  ControllerSettings out = options_.controllers;
  out.leads = [this] { return leads(); };
  out.stops = &stops_;
  return out;
}

void Replica::wire() {
  log_errors(clock_, drills_.controller(), cluster::kDrills.kind);
  log_errors(clock_, schedules_.controller(), cluster::kSchedules.kind);
  log_errors(clock_, plans_.controller(), cluster::kPlans.kind);
  log_errors(clock_, profiles_.controller(), kSidecarProfiles.kind);
  stops_.on_change = [this] { drills_.look_again(); };
  drills_.on_plan = [this](const kube::Key& plan) {
    plans_.add(plan);
    schedules_.changed_in(plan.space);
  };
  drills_.on_drill = [this](const kube::Key& key) {
    schedules_.changed_in(key.space);
    const cluster::DrillObject* drill = drills_.drills().find(key);
    if (drill != nullptr) plans_.add({key.space, drill->plan});
  };
}

aio::Task<base::Result<bool>> Replica::run(std::stop_token stop) {
  const std::stop_callback ended(stop, [this] { ending_.request_stop(); });
  const aio::Executor executor = co_await boost::asio::this_coro::executor;
  aio::TaskGroup group(executor);
  group.spawn(stops_.follow(group.token()));
  group.spawn(drills_.follow(group.token()));
  group.spawn(schedules_.follow(group.token()));
  group.spawn(profiles_.follow(group.token()));
  group.spawn(events_.run(group.token()));
  aio::TaskGroup leading(executor);
  leading_ = &leading;
  const std::stop_token ending = ending_.get_token();
  const auto led = options_.elect ? co_await elect(ending) : co_await work_alone(ending);
  leading.cancel();
  static_cast<void>(co_await leading.join());
  group.cancel();
  static_cast<void>(co_await group.join());
  leading_ = nullptr;
  if (!led) co_return tl::unexpected(led.error());
  co_return !lost_;
}

aio::Task<base::Result<>> Replica::work_alone(std::stop_token stop) {
  lead();
  co_await aio::wait_for(clock_, base::Duration::max() / 2, std::move(stop));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> Replica::elect(std::stop_token stop) {
  election_->on_lead = [this](std::uint32_t epoch) {
    log(Level::Info, "leading", {{"epoch", std::to_string(epoch)}});
    lead();
  };
  election_->on_lost = [this](const std::string& why) {
    if (ending_.stop_requested()) return;
    log(Level::Error, "the lease is lost: " + why, {});
    lost_ = true;
    leading_->cancel();
    ending_.request_stop();
  };
  election_->before_release = [this] { return end_work(); };
  co_return co_await election_->run(std::move(stop));
}

void Replica::lead() {
  leading_->spawn(drills_.work(leading_->token()));
  leading_->spawn(schedules_.work(leading_->token()));
  leading_->spawn(plans_.work(leading_->token()));
  leading_->spawn(profiles_.work(leading_->token()));
  if (also_lead) also_lead(*leading_);
}

aio::Task<> Replica::end_work() {
  leading_->cancel();
  static_cast<void>(co_await leading_->join());
}

}  // namespace op
