#include "simulated/operator_world.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "aio/entropy.h"
#include "cluster/drill_object.h"
#include "cluster/objects.h"
#include "operator/guard.h"
#include "operator/log.h"
#include "operator/profile_delivery.h"
#include "operator/replica.h"
#include "sim/api_client.h"
#include "sim/cluster_life.h"
#include "simulated/laws.h"
#include "simulated/pod_tokens.h"
#include "simulated/simulated_pod.h"
#include "simulated/simulated_runner.h"

namespace op {
namespace {

using api::Node;
using sim::ApiServer;
using sim::Process;

const kube::Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};
const kube::Resource kLeases{"coordination.k8s.io", "v1", "Lease", "leases", true};
constexpr const char* kHome = "muster-system";

constexpr base::Duration kLongest = base::seconds(1200);
constexpr base::Duration kClaimWithin = base::seconds(300);  // a guardian's, for its runner
constexpr base::Duration kToSettle = base::seconds(10);
/// After that a watch that is silent is not trusted any more.
constexpr base::Duration kSilence = base::seconds(125);
constexpr base::Duration kQuiet = base::seconds(20);
/// Somebody's finalizer.
constexpr base::Duration kHeld = base::seconds(150);
/// For which a runner tries on whose token is void.
constexpr base::Duration kUnheardMax = base::seconds(75);
constexpr base::Duration kLease = base::seconds(15);
/// A runner whose guardians die, each when it has lived so long, the last so long before the
/// deadline of the fault.
constexpr base::Duration kLostFor = base::seconds(150);
constexpr base::Duration kGuardianLives = base::seconds(4);
constexpr base::Duration kLastGuardian = base::seconds(15);
constexpr base::Duration kUndoneWithin = base::seconds(10);

/// One replica of the operator in a process.
struct ReplicaProgram {
  std::unique_ptr<kube::Client> client, election_client;
  std::unique_ptr<Replica> replica;
  std::stop_source stop;
};

class OperatorWorld {
 public:
  explicit OperatorWorld(const RunOptions& options)
      : options_(options),
        random_(options.seed),
        server_([this] { return machine_.wall_now(); }),
        link_(machine_, server_, random_.next()),
        life_(machine_, server_, random_.next()),
        laws_(server_) {
    aio::draw_seeds_from([this] { return random_.next(); });
    listen_to_log([this](const std::string& text) { trace("log", text); });
    wire();
    for (Node& object : objects_of_the_shop()) put(std::move(object));
  }
  ~OperatorWorld() {
    machine_.end_all();
    aio::draw_seeds_from({});
    listen_to_log({});
  }
  OperatorWorld(const OperatorWorld&) = delete;
  OperatorWorld& operator=(const OperatorWorld&) = delete;

  RunResult run() {
    machine_.run_until([this] { return life_.is_settled() && started_ > base::TimePoint(); },
                       machine_.now() + base::seconds(30));
    laws_.begin();
    tick();
    draw_weather();
    const int replicas = options_.scenario == Scenario::LeaderChange ? 2 : 1;
    for (int i = 0; i < replicas; ++i) start_replica();
    script();
    const bool ended = comes_to_an_end();
    if (!ended) laws_.violated("it does not come to an end");
    if (ended) be_quiet();
    laws_.end();
    return {laws_.violations(), writes_, died_, stood_, drills_, laws_.faults()};
  }

 private:
  // --- the cluster ---

  void wire() {
    for (const kube::Resource& each :
         {cluster::kDrills, cluster::kPlans, cluster::kSchedules, cluster::kNamespaces,
          cluster::kSecrets, cluster::kConfigMaps, kSidecarProfiles, kEvents, kLeases}) {
      server_.serve(each);
    }
    life_.owned = {cluster::kDrills, cluster::kSchedules};
    life_.start = [this](const Node& pod) { return start_pod(pod); };
    life_.image_takes = [this](const Node& pod) { return image_takes(pod); };
    server_.on_change = [this, live = server_.on_change](const kube::Resource& resource,
                                                         const ApiServer::Object& before,
                                                         const ApiServer::Object& after) {
      laws_.changed(resource, before, after);
      if (resource.plural == "drills" && !before) ++drills_;
      if (resource.plural == "pods") tokens_.changed(before, after, machine_.now());
      live(resource, before, after);
    };
    link_.command = [this](const sim::ApiTarget& exec) { return begin_command(exec); };
    if (options_.scenario == Scenario::Slow) {
      link_.held_up = [this](const Process& process, const sim::ApiRequest& request) {
        return hold_up(process, request);
      };
    }
    link_.admits = [this](const Process& process) { return has_token(process); };
    link_.reached = [this](const Process& process, const sim::ApiRequest& request) {
      const auto doer = doers_.find(&process);
      if (doer == doers_.end()) return;
      const bool looks =
          request.method == "GET" && request.target.ends_with("/drills/" + doer->second.drill.name);
      const bool records = request.body.find("/status/journal") != std::string::npos;
      doer->second.looked = (doer->second.looked || looks) && !records;
      if (looks && has_drill(doer->second)) doer->second.had_it = machine_.now();
    };
    link_.before_write = [this](Process& process, sim::ApiRequest& request) {
      request.number = writes_++;
      const bool holds = machine_.now() < started_ + kHeld;
      if (options_.scenario == Scenario::Held && holds) hold_runner(request);
      trace(process.name(), fmt::format("#{} {} {} {}", request.number, request.method,
                                        request.target, request.body.substr(0, 1000)));
      crash_if_due(process, request, false);
      if (const auto doer = doers_.find(&process); doer != doers_.end()) {
        Doer& sent = sent_by_.emplace(request.number, doer->second).first->second;
        sent.had_it_just_now =  // the answer, and one reading of the target that is written to
            machine_.now() <= sent.had_it + 4 * link_.weather.delay_most;
      }
      first_write_of(process);
    };
    link_.after_write = [this](Process& process, const sim::ApiRequest& request) {
      const auto sent = sent_by_.find(request.number);
      laws_.made_by(sent == sent_by_.end() ? nullptr : &sent->second);
      crash_if_due(process, request, true);
    };
  }

  /// Until it is undone: who undoes tries a few times, and has to come through.
  sim::ApiLink::HoldUp hold_up(const Process& process, const sim::ApiRequest& request) {
    const auto doer = doers_.find(&process);
    const bool runner = doer != doers_.end() && doer->second.role == PodRole::Runner;
    const bool of_target = sim::is_write(request) &&
                           request.target.find("/drills") == std::string::npos &&
                           request.target.find("/events") == std::string::npos;
    if (!runner || !of_target || random_.chance(0.5)) return {};
    const ApiServer::Object drill = server_.find(cluster::kDrills, doer->second.drill);
    const bool undoes = !drill || (*drill)["status"]["phase"].as_string() == "Failback";
    if (undoes) return {};
    const bool on_the_way = random_.chance(0.5);
    return {on_the_way ? seconds_in(1, 11) : base::Duration{}, seconds_in(0, 30)};
  }

  bool has_drill(const Doer& doer) const {
    const ApiServer::Object object = server_.find(cluster::kDrills, doer.drill);
    return object && (*object)["status"]["runner"]["uid"].as_string() == doer.pod_uid;
  }

  /// One that stops does so late, and then takes a little longer; one that starts, at once.
  base::Duration begin_command(const sim::ApiTarget& exec) {
    const bool stops = exec.query.at("command") == "stop-db-a";
    const base::Duration works = stops ? seconds_in(2, 15) : base::Duration{};
    machine_.after(works, nullptr, [this, stops] {
      Node db = *server_.find(sim::kStatefulSets, {"shop", "db-a"});
      Node spec = db["spec"];
      spec.set("replicas", stops ? 0 : 1);
      trace("command", stops ? "stops db-a" : "starts db-a");
      server_.put(sim::kStatefulSets, db.set("spec", std::move(spec)));
      laws_.made_by(nullptr);
    });
    return works + base::millis(200);
  }

  /// As long as a server may take the token of a pod that is gone, or told to end, it does.
  bool has_token(const Process& process) const { return machine_.now() < token_of(process); }
  base::TimePoint token_of(const Process& process) const {
    const auto doer = doers_.find(&process);
    return doer == doers_.end() ? base::kNever : tokens_.until(doer->second.pod_uid);
  }

  /// Its token is void, or will be: then it ends by itself.
  void judge_unheard(const Process& process) {
    const base::TimePoint void_since = std::max(token_of(process), awake_.at(&process));
    if (!process.alive() || void_since == base::kNever) return;
    if (machine_.now() >= void_since + kUnheardMax) {
      laws_.violated(process.name() + " goes on though nobody hears it");
      return;
    }
    people_until_ = std::max(people_until_, void_since + kUnheardMax);
    machine_.at(void_since + kUnheardMax, nullptr, [this, &process] { judge_unheard(process); });
  }

  void stand_still(Process& process, base::Duration length) {
    process.stand_still(length);
    base::TimePoint& awake = awake_[&process];
    awake = std::max(awake, machine_.now() + length);
    people_until_ = std::max(people_until_, awake);
  }

  void put(Node object) {
    const std::string& kind = object["kind"].as_string();
    for (const kube::Resource& each : {cluster::kNamespaces, sim::kNodes, sim::kStatefulSets,
                                       sim::kDeployments, sim::kServices, cluster::kPlans}) {
      if (each.kind != kind) continue;
      server_.put(each, std::move(object));
      break;
    }
    started_ = machine_.now();
  }

  void trace(const std::string& who, const std::string& what) const {
    if (!options_.trace) return;
    fmt::print("{:10.3f} {:24} {}\n", base::to_seconds(machine_.now() - base::TimePoint()) - 1000,
               who, what);
  }

  // --- what goes wrong ---

  void draw_weather() {
    if (random_.chance(0.6)) return;
    link_.weather = bad_weather(random_);
    if (random_.chance(0.2)) {
      machine_.after(seconds_in(1, 30), nullptr, [this] { server_.compact(); });
    }
  }

  /// The point that is due there; null: none is.
  const CrashPoint* point_at(const Process& process, const sim::ApiRequest& request,
                             bool after) const {
    if (over_ || next_point_ == options_.points.size()) return nullptr;
    const CrashPoint& next = options_.points[next_point_];
    if (request.number < next.write || next.after != after) return nullptr;
    return next.operators && doers_.contains(&process) ? nullptr : &next;
  }

  void crash_if_due(Process& process, const sim::ApiRequest& request, bool after) {
    const CrashPoint* point = point_at(process, request, after);
    // One that died when its request was on its way dies no second time.
    if (point == nullptr || !process.alive()) return;
    ++next_point_;
    const base::Duration still = point->still;
    ++(still > base::Duration{} ? stood_ : died_);
    trace(process.name(), still > base::Duration{} ? "STANDS STILL" : "DIES");
    if (still == base::Duration{}) return process.kill();
    stand_still(process, still);
    if (point->node) life_.stand_still(process, still);
    // Between the record of what it will do and the doing it has to look once more.
    const bool records = request.body.find("/status/journal") != std::string::npos;
    const auto doer = doers_.find(&process);
    if (doer != doers_.end()) doer->second.held_up |= !records;
  }

  base::Duration image_takes(const Node& pod) {
    const bool late = options_.scenario == Scenario::Late &&
                      pod["metadata"]["labels"][kRoleLabel].as_string() == name(PodRole::Runner);
    return late ? seconds_in(2, 10) : base::Duration{};
  }

  /// A runner's is its claim.
  void first_write_of(Process& process) {
    const auto doer = doers_.find(&process);
    if (doer == doers_.end() || doer->second.role != PodRole::Runner) return;
    if (!wrote_.insert(&process).second) return;
    // It comes late out of its process, and the operator gives the drill up meanwhile.
    if (options_.scenario == Scenario::Late) process.stand_still(seconds_in(0, 12));
    if (options_.scenario == Scenario::Alone) {
      machine_.after(seconds_in(0, 12), nullptr, [this] { end_replicas(); });
    }
    if (options_.scenario == Scenario::Unheard) {
      machine_.after(seconds_in(1, 6), nullptr, [this, &process] { lose(process); });
    }
    if (options_.scenario == Scenario::Replaced) {
      machine_.after(seconds_in(4, 8), nullptr, [this, &process] { lose_for_long(process); });
    }
    if (options_.scenario == Scenario::Guarded) {
      machine_.after(seconds_in(1, 4), nullptr, [this, &process] {
        trace(process.name(), "DIES");
        process.kill();
        end_replicas();
      });
    }
  }

  /// Its node's kubelet does not come back, so that nobody ends it.
  void lose(Process& process) {
    if (!process.alive()) return;
    trace(process.name(), "STANDS STILL, its kubelet for good");
    life_.stand_still(process, kLongest);
    stand_still(process, seconds_in(25, 35));
    doers_.at(&process).held_up = true;
    machine_.at(awake_.at(&process), nullptr, [this, &process] { judge_unheard(process); });
  }

  void lose_for_long(Process& process) {
    const std::optional<base::TimePoint> deadline = fault_deadline();
    if (!process.alive() || !deadline) return;
    trace(process.name(), "STANDS STILL, and its kubelet");
    life_.stand_still(process, kLostFor);
    stand_still(process, kLostFor);
    doers_.at(&process).held_up = true;
    end_guardians(*deadline - kLastGuardian);
    if (!options_.points.empty()) return;  // who dies besides, or stands still, has until the end
    machine_.at(*deadline + kUndoneWithin, nullptr, [this] { laws_.all_undone(); });
  }

  void end_guardians(base::TimePoint last) {
    if (machine_.now() >= last) return;
    for (Process* guardian : guardians_) {
      if (!guardian->alive()) continue;
      trace(guardian->name(), "DIES");
      guardian->kill();
    }
    machine_.after(kGuardianLives, nullptr, [this, last] { end_guardians(last); });
  }

  /// Nothing, too: it is being undone, for which there is as long as it takes.
  std::optional<base::TimePoint> fault_deadline() const {
    const ApiServer::Object drill = server_.find(cluster::kDrills, {"shop", "one"});
    if (!drill || (*drill)["status"]["phase"].as_string() == "Failback") return std::nullopt;
    const auto deadline = kube::parse_time((*drill)["status"]["faultDeadline"].as_string());
    if (!deadline) return std::nullopt;
    return machine_.now() + (*deadline - machine_.wall_now());
  }

  void end_replicas() {
    alone_ = true;
    for (const auto& [process, program] : replicas_) {
      trace(process->name(), "DIES for good");
      process->kill();
    }
  }

  // --- who runs ---

  void start_replica() {
    const std::string name = fmt::format("operator-{}", ++replicas_made_);
    Process& process = machine_.make(name);
    const auto program = std::make_shared<ReplicaProgram>();
    program->client = sim::connect(link_, process, process.executor(), {});
    program->election_client = sim::connect(link_, process, process.executor(), {});
    ReplicaOptions options{name, name + "-uid", kHome, true, kLease, {}};
    options.controllers.pods.image = "muster";
    options.controllers.grace_seconds = 60;
    if (options_.scenario == Scenario::Late) options.controllers.begin_within = base::seconds(8);
    program->replica = std::make_unique<Replica>(process.clock(), *program->client,
                                                 *program->election_client, std::move(options));
    replicas_[&process] = program;
    process.die_with([this, &process] {
      replicas_.erase(&process);
      machine_.after(seconds_in(1, 3), nullptr, [this] {
        if (!alone_) start_replica();
      });
    });
    process.run(program, program->replica->run(program->stop.get_token()), {});
  }

  sim::ClusterLife::Program start_pod(const Node& pod) {
    const Node& meta = pod["metadata"];
    const std::string& role = meta["labels"][kRoleLabel].as_string();
    if (role.empty()) return {};
    const auto run = std::make_shared<PodRun>();
    run->options.ns = meta["namespace"].as_string();
    run->options.drill = meta["ownerReferences"].items().front()["name"].as_string();
    run->options.pod = meta["name"].as_string();
    run->options.pod_uid = meta["uid"].as_string();
    run->options.node = pod["spec"]["nodeName"].as_string();
    Process& process = machine_.make(run->options.pod);
    run->edge = std::make_unique<SimulatedPod>(link_, process);
    const bool runner = role == name(PodRole::Runner);
    run->program = runner ? make_simulated_runner(run->options, *run->edge, server_)
                          : make_guard(run->options, *run->edge);
    doers_[&process] = {runner ? PodRole::Runner : PodRole::Guardian,
                        {run->options.ns, run->options.drill},
                        run->options.pod_uid};
    if (!runner) guardians_.push_back(&process);
    const auto well = std::make_shared<bool>(false);
    process.run(run, run->program->run(),
                [well](const base::Result<bool>& done) { *well = done.has_value(); });
    const auto ask = [weak = std::weak_ptr(run)] {
      if (const auto lives = weak.lock()) lives->edge->ask_to_end();
    };
    return {&process, ask, [well] { return *well; }};
  }

  // --- what people do ---

  base::Duration seconds_in(int least, int most) {
    return base::millis(random_.between(least * 1000, most * 1000));
  }

  void people(base::Duration when, const std::string& method, const std::string& target,
              const std::string& body, const std::string& type = "application/merge-patch+json") {
    people_until_ = std::max(people_until_, started_ + when);
    machine_.at(started_ + when, nullptr,
                [this, request = sim::ApiRequest{method, target, type, body}] {
                  const auto answer = server_.handle(request);
                  trace("people", fmt::format("{} {} {}: {}", request.method, request.target,
                                              request.body, answer.code));
                  laws_.made_by(nullptr);
                });
  }

  std::string path(const kube::Resource& kind, std::string name, std::string space = "shop") const {
    return kube::path_of(kind, {std::move(space), std::move(name)});
  }

  void script() {
    started_ = machine_.now();
    const std::string one = path(cluster::kDrills, "one");
    if (options_.scenario == Scenario::Scheduled) return script_schedule();
    people(seconds_in(0, 3), "POST", path(cluster::kDrills, ""),
           api::to_json(drill_named("one", options_.scenario)));
    switch (options_.scenario) {
      case Scenario::Aborted:
        return people(seconds_in(3, 14), "PATCH", one, R"({"spec":{"abort":true}})");
      case Scenario::Deleted: return people(seconds_in(3, 16), "DELETE", one, "{}");
      case Scenario::Approved:
        return people(seconds_in(5, 25), "PATCH", one, R"({"spec":{"approvals":["allow"]}})");
      case Scenario::Two:
        return people(seconds_in(0, 3), "POST", path(cluster::kDrills, ""),
                      api::to_json(drill_named("two", options_.scenario)));
      case Scenario::Stopped: return script_stop();
      case Scenario::LeaderChange: return script_leader();
      case Scenario::Outage: return script_outage();
      case Scenario::TargetGone: return people(seconds_in(3, 16), "DELETE", a_part(random_), "{}");
      case Scenario::Held:
        return people(kHeld, "PATCH", path(kube::kPods, "one-runner"),
                      R"({"metadata":{"finalizers":null}})");
      default: return;
    }
  }

  void script_schedule() {
    people({}, "POST", path(cluster::kSchedules, ""), api::to_json(schedule_each_minute()));
    people(base::seconds(130), "PATCH", path(cluster::kSchedules, "nightly"),
           R"({"spec":{"suspend":true}})");
  }

  void script_stop() {
    const base::Duration when = seconds_in(2, 14);
    people(when, "POST", path(cluster::kConfigMaps, "", kHome),
           R"({"metadata":{"name":"muster-stop"},"data":{"reason":"an incident"}})");
    people(when + seconds_in(1, 10), "DELETE", path(cluster::kConfigMaps, "muster-stop", kHome),
           "{}");
  }

  void script_leader() {
    const bool asked = random_.chance(0.5);
    const base::Duration when = seconds_in(3, 14);
    // It is not quiet before, however short the drill: a new leader does what the old one left.
    people_until_ = started_ + when;
    machine_.at(people_until_, nullptr, [this, asked] {
      for (const auto& [process, program] : replicas_) {
        const auto replica = program.lock();
        if (!replica || !replica->replica->election()->leads()) continue;
        trace(process->name(), asked ? "is asked to end" : "is killed");
        if (!asked) return process->kill();
        machine_.after({}, process, [asked_one = std::weak_ptr(replica)] {
          if (const auto lives = asked_one.lock()) lives->stop.request_stop();
        });
      }
    });
  }

  void script_outage() {
    const base::Duration when = seconds_in(3, 14);
    const base::Duration length = seconds_in(1, 20);
    machine_.at(started_ + when, nullptr, [this] { link_.is_up = false; });
    machine_.at(started_ + when + length, nullptr, [this] { link_.is_up = true; });
    people_until_ = started_ + when + length;
  }

  // --- how it ends ---

  /// Time goes on where nobody does anything any more.
  void tick() {
    machine_.after(base::millis(500), nullptr, [this] { tick(); });
  }

  bool is_over() {
    // Looked at now and then: it costs.
    if (machine_.now() < next_look_) return false;
    next_look_ = machine_.now() + base::millis(500);
    if (machine_.now() < people_until_ + base::seconds(1) || !life_.is_settled()) return false;
    for (const ApiServer::Object& object : server_.all(cluster::kDrills)) {
      const Node& meta = (*object)["metadata"];
      const bool finished = (*object)["status"]["phase"].as_string() == "Finished";
      if (!finished || meta["finalizers"].size() > 0 || meta.has("deletionTimestamp")) return false;
    }
    for (const ApiServer::Object& pod : server_.all(kube::kPods)) {
      const bool of_drill = (*pod)["metadata"]["labels"].has(kDrillLabel);
      const std::string& phase = (*pod)["status"]["phase"].as_string();
      if (of_drill && phase != "Succeeded" && phase != "Failed") return false;
    }
    return true;
  }

  bool somebody_leads() const {
    return std::any_of(replicas_.begin(), replicas_.end(), [](const auto& each) {
      const auto program = each.second.lock();
      return program && program->replica->election()->leads();
    });
  }

  /// A guardian that dies waits for a runner anew.
  bool comes_to_an_end() {
    const auto over = [this] { return is_over(); };
    bool ended = false;
    base::TimePoint until{};
    do {
      until = started_ + kLongest + died_ * kClaimWithin;
      ended = machine_.run_until(over, until);
    } while (!ended && until < started_ + kLongest + died_ * kClaimWithin);
    return ended;
  }

  /// One that stood still leads in its own eyes, and learns late that it does not.
  void await_leader() {
    const auto never = [] { return false; };
    for (const auto& [process, awake] : awake_) {
      if (awake + kLease > machine_.now()) machine_.run_until(never, awake + kLease);
    }
    machine_.run_until([this] { return somebody_leads(); }, machine_.now() + kLease * 3);
    if (!somebody_leads() && !alone_) laws_.violated("nobody leads");
  }

  void be_quiet() {
    const auto never = [] { return false; };
    over_ = true;
    const bool silent = link_.weather.watch_silent > 0;
    link_.weather = {};
    await_leader();
    machine_.run_until(never, machine_.now() + kToSettle + (silent ? kSilence : base::Duration{}));
    // A slot of a schedule is something that happens, also where it is suspended.
    const auto in_minute = machine_.wall_now().time_since_epoch() % base::seconds(60);
    const bool slot_comes = in_minute + kQuiet >= base::seconds(60);
    if (slot_comes) machine_.run_until(never, machine_.now() + kQuiet + kToSettle);
    std::uint32_t count = 0;  // but for renewals
    link_.before_write = [this, &count](Process& process, sim::ApiRequest& request) {
      if (request.target.find("/leases") != std::string::npos) return;
      ++count;
      trace(process.name(),
            "though it is quiet: " + request.method + " " + request.target + " " + request.body);
    };
    link_.after_write = {};
    machine_.run_until(never, machine_.now() + kQuiet);
    link_.before_write = {};
    if (count > 0) laws_.violated(fmt::format("a quiet cluster gets {} writes", count));
  }

  const RunOptions& options_;
  base::Random random_;
  ApiServer server_;
  std::map<const Process*, Doer> doers_;
  std::map<std::uint32_t, Doer> sent_by_;  // as it was when it sent this write
  std::set<const Process*> wrote_;         // runners
  std::vector<Process*> guardians_;
  PodTokens tokens_;
  std::map<const Process*, base::TimePoint> awake_;  // when it has stood still
  sim::Machine machine_;
  sim::ApiLink link_;
  sim::ClusterLife life_;
  Laws laws_;
  std::map<Process*, std::weak_ptr<ReplicaProgram>> replicas_;
  base::TimePoint started_{}, next_look_{};
  base::TimePoint people_until_{};  // somebody still does something
  std::uint32_t writes_ = 0;
  std::size_t next_point_ = 0;
  int replicas_made_ = 0, drills_ = 0, died_ = 0, stood_ = 0;
  bool over_ = false;
  bool alone_ = false;  // the operator does not come back
};

}  // namespace

RunResult run_drills(const RunOptions& options) {
  return OperatorWorld(options).run();
}

}  // namespace op
