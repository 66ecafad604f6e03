#include "operator/drill_controller.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cluster/kinds.h"
#include "cluster/objects.h"
#include "cluster/pod_set.h"
#include "kube/decode.h"
#include "kube/informer.h"
#include "kube/store.h"
#include "kube/taken.h"
#include "operator/begin_watch.h"
#include "operator/drill_copy.h"
#include "operator/drill_decide.h"
#include "operator/drill_requests.h"
#include "operator/log.h"
#include "runner/drill_target.h"

namespace op {
namespace {

using cluster::DrillObject;

constexpr base::Duration kAskAgain = base::seconds(5);
constexpr int kDecisionsMax = 8;  // of one reconcile
/// A pod that is refused is not asked for less often than so: a quota is raised at some time.
constexpr base::Duration kRetryLongest = base::seconds(30);

base::Result<api::Node> parse_plan_object(std::string_view json) {
  TRY(api::Node object, api::parse_json(json));
  // Most of an object that was applied, and nobody here reads it.
  if (api::Node* meta = object.find("metadata")) meta->erase("managedFields");
  return object;
}

}  // namespace

class DrillController::Driver {
 public:
  Driver(DrillController& owner, aio::Clock& clock, kube::Client& client,
         kube::EventRecorder& events, ControllerSettings settings)
      : owner_(owner),
        clock_(clock),
        client_(client),
        events_(events),
        settings_(std::move(settings)),
        drills_(parse_drill_copy),
        plans_(parse_plan_object),
        pods_(parse_drill_pod),
        // A copy that is not whole would show drills without plans and pods.
        controller_(clock,
                    {.name = "drill",
                     .workers = settings_.workers,
                     .queue = {.retry_longest = kRetryLongest},
                     .ready = [this] { return synced(); }},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }),
        drill_informer_(clock, client, {.resource = cluster::kDrills, .ns = settings_.ns}, drills_),
        plan_informer_(clock, client, {.resource = cluster::kPlans, .ns = settings_.ns}, plans_),
        pod_informer_(clock, client,
                      {.resource = cluster::kPods, .ns = settings_.ns, .labels = kDrillLabel},
                      pods_) {
    drills_.add_index("plan", [](const DrillObject& drill) {
      return std::vector<std::string>{drill.key.space + "/" + drill.plan};
    });
    drills_.add_index("uid",
                      [](const DrillObject& drill) { return std::vector<std::string>{drill.uid}; });
    drills_.on_news = [this](const kube::Key& key, kube::News what) {
      if (!is_own_report(key)) controller_.add(key, what);
      if (owner_.on_drill) owner_.on_drill(key);
    };
    plans_.on_news = [this](const kube::Key& key, kube::News) {
      if (owner_.on_plan) owner_.on_plan(key);
      for (const kube::Key& drill : drills_.by_index("plan", kube::to_string(key))) {
        controller_.add(drill);
      }
    };
    pods_.on_news = [this](const kube::Key& key, kube::News) { pod_changed(key); };
    for (kube::Informer* informer : {&drill_informer_, &plan_informer_, &pod_informer_}) {
      informer->complain = [](const std::string& text) { log(Level::Warning, text, {}); };
    }
  }

  aio::Task<base::Result<>> follow(std::stop_token stop) {
    aio::TaskGroup group(co_await boost::asio::this_coro::executor);
    group.spawn(drill_informer_.run(group.token()));
    group.spawn(plan_informer_.run(group.token()));
    group.spawn(pod_informer_.run(group.token()));
    const std::stop_callback ended(stop, [&] { group.cancel(); });
    co_return co_await group.join();
  }

  bool synced() const {
    return drill_informer_.synced() && plan_informer_.synced() && pod_informer_.synced() &&
           (settings_.stops == nullptr || settings_.stops->synced());
  }

  aio::Task<base::Result<>> work(std::stop_token stop) {
    co_return co_await controller_.run(std::move(stop));
  }

  void look_again() {
    drills_.for_each([&](const kube::Key& key, const DrillObject& drill) {
      if (!drill.finished()) controller_.add(key);
    });
  }

  kube::Controller& controller() { return controller_; }
  const kube::Store<DrillObject>& drills() const { return drills_; }
  const kube::Store<api::Node>& plans() const { return plans_; }

  std::string problem_of(const base::Result<api::Node>& plan) const {
    if (!plan) return plan.error().message;
    const auto read = runner::read_cluster_plan(*plan, "RecoveryPlan", catalog_);
    return read ? "" : text_of(read.error());
  }

 private:
  void pod_changed(const kube::Key& key) {
    const DrillPod* pod = pods_.find(key);
    if (pod != nullptr) {
      for (const kube::Key& drill : drills_.by_index("uid", pod->drill_uid)) controller_.add(drill);
      return;
    }
    // One that is gone does not say whose it was.
    drills_.for_each([&](const kube::Key& drill, const DrillObject& object) {
      if (drill.space == key.space && is_under_way(object)) controller_.add(drill);
    });
  }

  /// What a refusal says may be different each time (a port, an ID): in answer to our own report of
  /// it the pod would be asked for at once again, past the back-off.
  bool is_own_report(const kube::Key& key) {
    const auto reported = reported_.find(key);
    if (reported == reported_.end()) return false;
    const DrillObject* drill = drills_.find(key);
    const api::Node* running =
        drill == nullptr ? nullptr : cluster::condition_of(drill->status["conditions"], "Running");
    const bool own = running != nullptr && (*running)["message"].as_string() == reported->second;
    if (drill == nullptr || own) reported_.erase(reported);
    return own;
  }

  PodState pod_state(const DrillObject& drill, PodRole role) const {
    const DrillPod* pod = pods_.find({drill.key.space, pod_name(drill.key.name, role)});
    return pod != nullptr && pod->drill_uid == drill.uid ? pod->state : PodState{};
  }

  DrillFacts facts_of(const DrillObject& drill) {
    DrillFacts facts;
    facts.runner = pod_state(drill, PodRole::Runner);
    facts.guardian = pod_state(drill, PodRole::Guardian);
    if (settings_.stops != nullptr) facts.stopped = settings_.stops->reason(drill.key.space);
    facts.overdue = begin_watch_.is_overdue(drill, clock_.now(), clock_.wall_now());
    const api::Node* plan = plans_.find({drill.key.space, drill.plan});
    if (plan == nullptr || is_under_way(drill) || drill.finished()) return facts;
    const auto mine = plan_for(*plan, drill.spec);
    facts.plan = mine.value_or(*plan);
    facts.plan_problem = problem_of(mine);
    return facts;
  }

  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    const DrillObject* known = drills_.find(key);
    if (known == nullptr) {
      begin_watch_.forget(key);
      co_return kube::Outcome{};
    }
    {
      const DrillFacts facts = facts_of(*known);
      // Whether its namespace is ending, only the server says.
      const bool look = known->deleting && known->has_finalizer;
      if (!look && !acts(decide(*known, facts), *known, facts)) co_return again_of(*known, facts);
    }
    cluster::DrillWriter writer(client_, key);
    for (int i = 0; i < kDecisionsMax; ++i) {
      const auto read = co_await writer.read(stop);
      if (!read && read.error().code == base::Code::NotFound) co_return kube::Outcome{};
      if (!read) co_return tl::unexpected(read.error());
      const DrillObject& drill = *read;
      DrillFacts facts = facts_of(drill);
      CO_TRY(facts.runner, co_await ask_pod(client_, drill, PodRole::Runner, stop));
      CO_TRY(facts.guardian, co_await ask_pod(client_, drill, PodRole::Guardian, stop));
      if (drill.deleting && drill.has_finalizer) {
        CO_TRY(facts.space_ending, co_await is_space_ending(client_, drill.key.space, stop));
      }
      const api::Node* plan = facts.plan ? &*facts.plan : nullptr;
      if (untouched(drill, facts)) plan = &drill.status["plan"];
      if (plan != nullptr) {
        CO_TRY(facts.busy_with, co_await busy_with(drill, *plan, stop));
      }
      const DrillDecision decision = decide(drill, facts);
      if (!acts(decision, drill, facts)) co_return again_of(drill, facts);
      if (settings_.leads && !settings_.leads()) co_return kube::Outcome{};
      CO_TRY(co_await carry_out(decision, drill, facts, stop));
    }
    co_return kube::Outcome{kAskAgain};
  }

  /// Whether there is anything to write or make.
  bool acts(const DrillDecision& decision, const DrillObject& drill,
            const DrillFacts& facts) const {
    if (std::holds_alternative<Rest>(decision)) return false;
    const bool is_request =
        std::holds_alternative<MakePod>(decision) || std::holds_alternative<RemovePod>(decision) ||
        std::holds_alternative<Abort>(decision) || std::holds_alternative<LetGo>(decision);
    if (is_request) return true;
    return !members_of(decision, drill, facts, clock_.wall_now()).empty();
  }

  /// A wait for something that tells nobody when it ends.
  kube::Outcome again_of(const DrillObject& drill, const DrillFacts& facts) const {
    const DrillDecision decision = decide(drill, facts);
    const auto* hold = std::get_if<Hold>(&decision);
    const bool held = hold != nullptr && hold->reason != kPlanNotFound;
    const bool unclaimed = is_under_way(drill) && drill.runner().empty();
    const bool ending = drill.deleting && drill.has_finalizer;
    return kube::Outcome{held || unclaimed || ending ? kAskAgain : base::Duration{}};
  }

  /// Asked of the server: two drills that are taken at the same moment must see each other.
  aio::Task<base::Result<std::string>> busy_with(const DrillObject& drill, const api::Node& plan,
                                                 std::stop_token stop) {
    CO_TRY(
        const kube::Reply reply,
        kube::taken(co_await client_.list(cluster::kDrills, drill.key.space, {}, std::move(stop)),
                    "list drills of namespace " + drill.key.space));
    kube::Decoder decoder;
    CO_TRY(const kube::ListPage page, decoder.list_page(reply.body));
    for (const kube::ObjectText& item : page.items) {
      const auto other = cluster::parse_drill(item.json);
      if (!other || other->uid == drill.uid || !is_under_way(*other)) continue;
      if (may_share_target(plan, other->status["plan"])) co_return other->key.name;
    }
    co_return std::string();
  }

  aio::Task<base::Result<>> carry_out(DrillDecision decision, DrillObject drill, DrillFacts facts,
                                      std::stop_token stop) {
    if (const auto* make = std::get_if<MakePod>(&decision)) {
      const bool runner = make->role == PodRole::Runner;
      co_return co_await make_pod(std::move(drill), make->role,
                                  (runner ? facts.guardian : facts.runner).node, std::move(stop));
    }
    if (const auto* remove = std::get_if<RemovePod>(&decision)) {
      co_return co_await remove_pod(client_, std::move(drill), *remove, std::move(stop));
    }
    if (std::holds_alternative<Abort>(decision)) {
      CO_TRY(co_await cluster::DrillWriter(client_, drill.key).abort(drill.uid, std::move(stop)));
      tell(decision, drill);
      co_return base::Result<>{};
    }
    if (std::holds_alternative<LetGo>(decision)) {
      tell(decision, drill);
      cluster::DrillWriter writer(client_, drill.key);
      if (facts.space_ending) co_return co_await writer.abandon(drill.uid, std::move(stop));
      co_return co_await writer.let_go(drill.uid, std::move(stop));
    }
    CO_TRY(co_await write_members(client_, drill,
                                  members_of(decision, drill, facts, clock_.wall_now()), stop));
    tell(decision, drill);
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> make_pod(DrillObject drill, PodRole role, std::string node_of_other,
                                     std::stop_token stop) {
    const Avoid avoid{co_await nodes_of(drill, stop), std::move(node_of_other)};
    CO_TRY(const kube::Reply reply, co_await create_pod(client_, drill, role, settings_.pods, avoid,
                                                        settings_.grace_seconds, stop));
    if (reply.ok() || reply.code == 409) co_return base::Result<>{};
    const std::string what =
        fmt::format("the {} pod was refused: {}", name(role), reply.refusal.message);
    // A quota, a webhook, a service account that is missing: said where people look, tried again.
    const DrillDecision refused = Report{kPodRefused, what};
    const auto members = members_of(refused, drill, {}, clock_.wall_now());
    if (!members.empty()) {
      reported_[drill.key] = what;
      CO_TRY(co_await write_members(client_, drill, members, stop));
      tell(refused, drill);
    }
    co_return tl::unexpected(kube::error_of(reply.refusal, what));
  }

  /// Where the drilled pods are; what cannot be asked is no reason not to drill.
  aio::Task<std::vector<std::string>> nodes_of(const DrillObject& drill, std::stop_token stop) {
    std::set<std::string> nodes;
    const auto pods = co_await cluster::list_pods(client_, drill.key.space, api::Node::map(), stop);
    if (!pods) co_return std::vector<std::string>();
    const api::Node& target = drill.status["plan"]["spec"]["target"]["kubernetes"];
    for (const api::Node& each : target["workloads"].items()) {
      const auto selector = co_await selector_of(each, drill.key.space, stop);
      if (!selector) continue;
      for (const cluster::Pod& pod : *pods) {
        if (selector->matches(pod.labels) && !pod.node.empty()) nodes.insert(pod.node);
      }
    }
    co_return std::vector<std::string>(nodes.begin(), nodes.end());
  }

  /// Of a workload of a plan.
  aio::Task<base::Result<cluster::Selector>> selector_of(api::Node workload, std::string space,
                                                         std::stop_token stop) {
    const std::string kind = workload["kind"].as_string();
    if (kind == api::kPodSet) {
      co_return cluster::Selector::parse(cluster::selects_of(workload["selector"], false));
    }
    CO_TRY(const kube::Resource resource, cluster::workload_resource(kind));
    const std::string name = workload["name"].as_string();
    CO_TRY(const kube::Reply reply,
           kube::taken(co_await client_.get(resource, {space, name}, std::move(stop)), name));
    CO_TRY(const cluster::Workload found, cluster::parse_workload(kind, reply.body));
    co_return found.selector;
  }

  void tell(const DrillDecision& decision, const DrillObject& drill) {
    const kube::ObjectRef about{cluster::kDrills.api_version(), cluster::kDrills.kind, drill.key,
                                drill.uid, drill.version};
    const auto say_it = [&](const char* type, const std::string& reason, const std::string& note) {
      events_.tell(about, type, reason, "Reconcile", note);
      log(Level::Info, note,
          {{"controller", "drill"},
           {"namespace", drill.key.space},
           {"name", drill.key.name},
           {"reason", reason}});
    };
    if (const auto* refuse = std::get_if<Refuse>(&decision)) {
      say_it("Warning", refuse->reason, refuse->message);
    } else if (const auto* hold = std::get_if<Hold>(&decision)) {
      say_it("Normal", hold->reason, hold->message);
    } else if (const auto* report = std::get_if<Report>(&decision)) {
      say_it("Warning", report->reason, report->message);
    } else if (const auto* abort = std::get_if<Abort>(&decision)) {
      say_it("Warning", "Stopped", abort->message);
    } else if (std::holds_alternative<Take>(decision)) {
      say_it("Normal", "Accepted", fmt::format("plan {} is drilled", drill.plan));
    } else if (const auto* given_up = std::get_if<GiveUp>(&decision)) {
      say_it("Warning", "NotBegun", given_up->message);
    } else if (std::holds_alternative<LetGo>(decision) && !drill.finished()) {
      say_it("Warning", "NamespaceTerminating",
             "the namespace is being deleted, and what was to be undone with it");
    }
  }

  DrillController& owner_;
  aio::Clock& clock_;
  kube::Client& client_;
  kube::EventRecorder& events_;
  ControllerSettings settings_;
  targets::Catalog catalog_ = cluster::cluster_catalog();
  kube::Store<DrillObject> drills_;
  kube::Store<api::Node> plans_;
  kube::Store<DrillPod> pods_;
  BeginWatch begin_watch_{settings_.begin_within};
  std::map<kube::Key, std::string> reported_;  // refusals that no watch has shown yet
  kube::Controller controller_;
  kube::Informer drill_informer_, plan_informer_, pod_informer_;
};

DrillController::DrillController(aio::Clock& clock, kube::Client& client,
                                 kube::EventRecorder& events, ControllerSettings settings)
    : driver_(std::make_unique<Driver>(*this, clock, client, events, std::move(settings))) {}
DrillController::~DrillController() = default;
aio::Task<base::Result<>> DrillController::follow(std::stop_token stop) {
  return driver_->follow(std::move(stop));
}
bool DrillController::synced() const {
  return driver_->synced();
}
aio::Task<base::Result<>> DrillController::work(std::stop_token stop) {
  return driver_->work(std::move(stop));
}
void DrillController::look_again() {
  driver_->look_again();
}
kube::Controller& DrillController::controller() {
  return driver_->controller();
}
const kube::Store<api::Node>& DrillController::plans() const {
  return driver_->plans();
}
const kube::Store<DrillObject>& DrillController::drills() const {
  return driver_->drills();
}

std::string DrillController::problem_of(const api::Node& plan) const {
  return driver_->problem_of(plan_for(plan, {}));
}

}  // namespace op
