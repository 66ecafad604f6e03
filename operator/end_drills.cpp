#include "operator/end_drills.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "cluster/cluster_target.h"
#include "cluster/objects.h"
#include "kube/config.h"
#include "kube/decode.h"
#include "kube/leader_election.h"
#include "kube/taken.h"
#include "operator/drill_requests.h"
#include "operator/lease.h"
#include "operator/log.h"

namespace op {
namespace {

using cluster::ClusterTarget;
using cluster::DrillObject;

constexpr base::Duration kLookEvery = base::millis(500);
/// Of a drill that has ended: its pods see it at once, and the runner writes its evidence first.
constexpr base::Duration kPodsEndWithin = base::seconds(20);
constexpr const char* kUninstalled = "the release is being uninstalled";

class EndDrills {
 public:
  explicit EndDrills(const EndDrillsOptions& options) : options_(options) {}

  int run() {
    const auto ended = aio::run(context_, whole());
    if (!ended) log(Level::Error, ended.error().message, {});
    return ended ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    CO_TRY(config_, kube::load_config(options_.kubeconfig, {}));
    kube::ClientOptions client;
    client.user_agent = "muster-end-drills";
    client.timeout = base::seconds(10);
    CO_TRY(client_, kube::Client::make(clock_, context_.get_executor(), config_, client));
    began_ = clock_.now();
    until_ = began_ + options_.within;
    aio::TaskGroup group(context_.get_executor());
    group.spawn(listen_for_signals(group.token()));
    const auto ended = co_await end_all(stop_.get_token());
    if (!ended && replicas_) give_back(co_await scale(*replicas_, {}));
    group.cancel();
    static_cast<void>(co_await group.join());
    if (!ended) co_return tl::unexpected(ended.error());
    co_return true;
  }

  aio::Task<base::Result<>> end_all(std::stop_token stop) {
    CO_TRY(co_await again_and_again(&EndDrills::stop_operator, stop));
    CO_TRY(auto election_client, kube::Client::make(clock_, context_.get_executor(), config_, {}));
    const kube::LeaseConfig lease = lease_config(options_.pod, options_.pod_uid, options_.lease);
    kube::LeaderElection election(clock_, *election_client, {options_.home, kLeaseName}, lease);
    election_ = &election;
    aio::TaskGroup leading(context_.get_executor());
    leading.spawn(election.run(leading.token()));
    auto ended = co_await again_and_again(&EndDrills::look, stop);
    if (ended) {
      until_ = std::max(until_, clock_.now() + kPodsEndWithin + 2 * kLookEvery);
      ended = co_await again_and_again(&EndDrills::sweep, stop);
    }
    leading.cancel();
    static_cast<void>(co_await leading.join());
    co_return ended;
  }

  /// Until there is nothing more to do, or no more time. An error is tried again: a server that is
  /// away comes back.
  using Turn = aio::Task<base::Result<std::string>> (EndDrills::*)(std::stop_token stop);
  aio::Task<base::Result<>> again_and_again(Turn turn, std::stop_token stop) {
    std::string said;
    while (true) {
      const auto left = co_await (this->*turn)(stop);
      if (left && left->empty()) co_return base::Result<>{};
      const std::string now = left ? *left : left.error().message;
      if (now != said) log(Level::Info, now, {});
      said = now;
      if (clock_.now() >= until_ || stop.stop_requested()) {
        co_return base::fail(
            base::Code::DeadlineExceeded,
            fmt::format("not ended within {}: {}", base::human(clock_.now() - began_), now));
      }
      static_cast<void>(co_await aio::wait_for(clock_, kLookEvery, stop));
    }
  }

  /// What is left to do; empty: nothing.
  aio::Task<base::Result<std::string>> stop_operator(std::stop_token stop) {
    CO_TRY(const kube::Resource resource, cluster::workload_resource("Deployment"));
    const kube::Key key{options_.home, options_.deployment};
    CO_TRY(const kube::Reply reply, co_await client_->get(resource, key, stop));
    if (reply.code == 404) co_return std::string();
    CO_TRY(kube::taken(reply, "get deployments " + kube::to_string(key)));
    CO_TRY(const api::Node object, api::parse_json(reply.body));
    const std::int64_t replicas = object["spec"]["replicas"].as_int(1);
    if (replicas == 0) co_return std::string();
    CO_TRY(co_await scale(0, stop));
    replicas_ = replicas;
    co_return std::string();
  }

  aio::Task<base::Result<>> scale(std::int64_t replicas, std::stop_token stop) {
    const kube::Key key{options_.home, options_.deployment};
    CO_TRY(const kube::Resource resource, cluster::workload_resource("Deployment"));
    const api::Node body = api::Node::map().set("spec", api::Node::map().set("replicas", replicas));
    kube::WriteOptions options;
    options.subresource = "scale";
    CO_TRY(kube::taken(co_await client_->patch(resource, key, kube::PatchType::Merge,
                                               api::to_json(body), options, std::move(stop)),
                       fmt::format("scale deployments {} to {}", kube::to_string(key), replicas)));
    log(Level::Info, fmt::format("the operator has {} replicas", replicas), {});
    co_return base::Result<>{};
  }

  static void give_back(const base::Result<>& scaled) {
    if (!scaled) log(Level::Error, scaled.error().message, {});
  }

  aio::Task<base::Result<std::string>> look(std::stop_token stop) {
    if (!election_->leads()) {
      const std::string& problem = election_->problem();
      co_return problem.empty() ? fmt::format("the lease is held by '{}'", election_->holder())
                                : fmt::format("the lease: {}", problem);
    }
    std::string left;
    for (const std::string& space : options_.spaces) {
      CO_TRY(const std::vector<DrillObject> drills, co_await drills_of(space, stop));
      for (const DrillObject& drill : drills) {
        if (!is_left(drill)) continue;
        left +=
            fmt::format("{}{}", left.empty() ? "under way: " : ", ", kube::to_string(drill.key));
        const auto ended = co_await end(drill, stop);
        if (!ended) left += fmt::format(" ({})", ended.error().message);
      }
    }
    co_return left;
  }

  /// The pods of drills, each once it has ended, which it does when its drill has, or
  /// kPodsEndWithin is over, or its Drill gone. The kinds may go with the release, and a garbage
  /// collector that does not know the kind of an owner leaves what it owned.
  aio::Task<base::Result<std::string>> sweep(std::stop_token stop) {
    if (!sweeps_since_) sweeps_since_ = clock_.now();
    const bool waits = clock_.now() < *sweeps_since_ + kPodsEndWithin;
    std::string left;
    for (const std::string& space : options_.spaces) {
      CO_TRY(const std::vector<DrillObject> drills, co_await drills_of(space, stop));
      std::set<std::string> known;
      for (const DrillObject& drill : drills) known.insert(drill.uid);
      CO_TRY(
          const kube::Reply reply,
          kube::taken(co_await client_->list(cluster::kPods, space, {.labels = kDrillLabel}, stop),
                      "list pods of namespace " + space));
      kube::Decoder decoder;
      CO_TRY(const kube::ListPage page, decoder.list_page(reply.body));
      for (const kube::ObjectText& item : page.items) {
        CO_TRY(const cluster::Pod pod, cluster::parse_pod(item.json));
        const auto drill = pod.labels.find(kDrillLabel);
        const bool is_known = drill != pod.labels.end() && known.contains(drill->second);
        if (is_known && waits && !pod.ended()) {
          left += fmt::format("{}{}/{}", left.empty() ? "pods that end: " : ", ", space, pod.name);
          continue;
        }
        const auto gone =
            co_await client_->remove(cluster::kPods, {space, pod.name}, {.uid = pod.uid}, stop);
        if (gone && (gone->code == 404 || gone->code == 409)) continue;
        CO_TRY(kube::taken(gone, "delete pods " + space + "/" + pod.name));
      }
    }
    co_return left;
  }

  aio::Task<base::Result<std::vector<DrillObject>>> drills_of(std::string space,
                                                              std::stop_token stop) {
    std::vector<DrillObject> out;
    CO_TRY(const kube::Reply reply,
           co_await client_->list(cluster::kDrills, space, {}, std::move(stop)));
    if (reply.code == 404) co_return out;  // the kinds are gone
    CO_TRY(kube::taken(reply, "list drills of namespace " + space));
    kube::Decoder decoder;
    CO_TRY(const kube::ListPage page, decoder.list_page(reply.body));
    for (const kube::ObjectText& item : page.items) {
      CO_TRY(DrillObject drill, cluster::parse_drill(item.json));
      out.push_back(std::move(drill));
    }
    co_return out;
  }

  aio::Task<base::Result<>> end(DrillObject drill, std::stop_token stop) {
    DrillFacts facts;
    CO_TRY(facts.runner, co_await ask_pod(*client_, drill, PodRole::Runner, stop));
    CO_TRY(facts.guardian, co_await ask_pod(*client_, drill, PodRole::Guardian, stop));
    CO_TRY(facts.space_ending, co_await is_space_ending(*client_, drill.key.space, stop));
    facts.stopped = kUninstalled;
    const DrillDecision decision = decide(drill, facts);
    cluster::DrillWriter writer(*client_, drill.key);
    if (std::holds_alternative<Abort>(decision)) co_return co_await writer.abort(drill.uid, stop);
    if (const auto* make = std::get_if<MakePod>(&decision)) {
      const auto reply = co_await create_pod(*client_, drill, make->role, options_.pods, {},
                                             options_.grace_seconds, stop);
      if (reply && reply->code == 409) co_return base::Result<>{};
      CO_TRY(kube::taken(reply, fmt::format("create the {} pod", name(make->role))));
    } else if (const auto* remove = std::get_if<RemovePod>(&decision)) {
      CO_TRY(co_await remove_pod(*client_, drill, *remove, stop));
    } else if (std::holds_alternative<LetGo>(decision)) {
      CO_TRY(co_await writer.let_go(drill.uid, stop));
    } else {
      auto members = members_of(decision, drill, facts, clock_.wall_now());
      if (!members.empty()) {
        CO_TRY(co_await write_members(*client_, drill, std::move(members), stop));
      }
    }
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> listen_for_signals(std::stop_token stop) {
    CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, stop));
    stop_.request_stop();
    co_return base::Result<>{};
  }

  const EndDrillsOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  kube::Config config_;
  std::unique_ptr<kube::Client> client_;
  kube::LeaderElection* election_ = nullptr;
  std::optional<std::int64_t> replicas_;  // that the operator had
  base::TimePoint began_{}, until_{};
  std::optional<base::TimePoint> sweeps_since_;
  std::stop_source stop_;
};

}  // namespace

bool is_left(const DrillObject& drill) {
  if (drill.has_finalizer) return true;
  return is_under_way(drill) && !drill.deleting;
}

int end_drills(const EndDrillsOptions& options) {
  return EndDrills(options).run();
}

}  // namespace op
