#include "operator/schedule_controller.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "api/drill_resource.h"
#include "kube/informer.h"
#include "kube/store.h"
#include "kube/taken.h"
#include "operator/drill_decide.h"
#include "operator/living_drills.h"
#include "operator/log.h"
#include "scheduling/engine.h"

namespace op {
namespace {

using api::Node;
using cluster::DrillObject;
using scheduling::Instant;

constexpr int kDecisionsMax = 16;  // of one reconcile
constexpr base::Duration kLookAtLeast = base::seconds(3600);
/// Whatever is refused, a slot that comes meanwhile is not looked at much later than it is due.
constexpr base::Duration kRetryLongest = base::seconds(30);
/// What the copy keeps of a schedule beside its key: a reconcile reads it from the server.
struct Nothing {};
constexpr const char* kSlotAnnotation = "muster.dev/slot";

std::string instant_text(Instant at) {
  return cluster::time_text(base::WallTime(at));
}

bool is_of(const Node& schedule, const DrillObject& drill) {
  return drill.schedule_uid == schedule["metadata"]["uid"].as_string();
}

const std::string& space_of(const Node& schedule) {
  return schedule["metadata"]["namespace"].as_string();
}

}  // namespace

tl::expected<scheduling::Spec, api::Problems> schedule_of(const Node& object) {
  return scheduling::parse_cluster_schedule(api::as_written(object), "DrillSchedule");
}

std::string drill_name(const std::string& schedule, Instant slot) {
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(slot.time_since_epoch()).count();
  const std::string end = fmt::format("-{}", minutes);
  return schedule.substr(0, 253 - end.size()) + end;
}

Node drill_of(const Node& schedule, Instant slot) {
  const Node& meta = schedule["metadata"];
  const Node& wanted = schedule["spec"]["drill"];
  const Node owner = Node::map()
                         .set("apiVersion", cluster::kSchedules.api_version())
                         .set("kind", cluster::kSchedules.kind)
                         .set("name", meta["name"])
                         .set("uid", meta["uid"])
                         .set("controller", true);
  Node spec = Node::map().set("planRef", wanted["planRef"]);
  if (!wanted["profile"].as_string().empty()) spec.set("profile", wanted["profile"]);
  return Node::map()
      .set("apiVersion", cluster::kDrills.api_version())
      .set("kind", cluster::kDrills.kind)
      .set("metadata", Node::map()
                           .set("name", drill_name(meta["name"].as_string(), slot))
                           .set("namespace", meta["namespace"])
                           .set("annotations", Node::map().set(kSlotAnnotation, instant_text(slot)))
                           .set("ownerReferences", Node::sequence({owner})))
      .set("spec", std::move(spec));
}

class ScheduleController::Driver {
 public:
  Driver(aio::Clock& clock, kube::Client& client, kube::EventRecorder& events,
         DrillController& drills, ControllerSettings settings)
      : clock_(clock),
        client_(client),
        events_(events),
        drills_(drills),
        settings_(std::move(settings)),
        schedules_([](std::string_view) { return base::Result<Nothing>{}; }),
        controller_(clock,
                    {.name = "drillschedule",
                     .queue = {.retry_longest = kRetryLongest},
                     .ready = [this] { return synced() && drills_.synced(); }},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }),
        informer_(clock, client, {.resource = cluster::kSchedules, .ns = settings_.ns},
                  schedules_) {
    schedules_.on_news = [this](const kube::Key& key, kube::News what) {
      controller_.add(key, what);
    };
    informer_.complain = [](const std::string& text) { log(Level::Warning, text, {}); };
  }

  void changed_in(const std::string& space) {
    schedules_.for_each([&](const kube::Key& key, Nothing) {
      if (key.space == space) controller_.add(key);
    });
  }

  aio::Task<base::Result<>> follow(std::stop_token stop) {
    co_return co_await informer_.run(std::move(stop));
  }
  bool synced() const { return informer_.synced(); }

  aio::Task<base::Result<>> work(std::stop_token stop) {
    co_return co_await controller_.run(std::move(stop));
  }

  kube::Controller& controller() { return controller_; }

 private:
  /// What was remembered; a schedule that is new remembers from now on.
  base::Result<scheduling::State> state_of(const Node& object) const {
    const std::string& text = object["status"]["state"].as_string();
    if (text.empty()) {
      scheduling::State fresh;
      fresh.since = scheduling::whole_second(clock_.wall_now());
      return fresh;
    }
    return scheduling::state_from_json(text, object["metadata"]["name"].as_string());
  }

  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    if (schedules_.find(key) == nullptr) co_return kube::Outcome{};
    for (int i = 0; i < kDecisionsMax; ++i) {
      CO_TRY(const kube::Reply reply, co_await client_.get(cluster::kSchedules, key, stop));
      if (reply.code == 404) co_return kube::Outcome{};
      CO_TRY(kube::taken(reply, "get drillschedules " + kube::to_string(key)));
      CO_TRY(const Node object, api::parse_json(reply.body));
      const auto spec = schedule_of(object);
      if (!spec) {
        CO_TRY(co_await say_ready(object, "False", "InvalidSchedule", text_of(spec.error()), {},
                                  stop));
        co_return kube::Outcome{};
      }
      const auto state = state_of(object);
      if (!state) {
        CO_TRY(
            co_await say_ready(object, "False", "StateDamaged", state.error().message, {}, stop));
        co_return kube::Outcome{};
      }
      std::vector<LivingDrill> running =
          copied_drills(drills_.drills(), space_of(object), spec->drill.plan);
      scheduling::Decision decision = decide_now(*spec, *state, running);
      if (!std::holds_alternative<scheduling::Wait>(decision)) {
        CO_TRY(running, co_await asked_drills(client_, space_of(object), spec->drill.plan, stop));
        decision = decide_now(*spec, *state, running);
      }
      if (const auto* wait = std::get_if<scheduling::Wait>(&decision)) {
        co_return co_await rest(object, *spec, *state, running, *wait, stop);
      }
      if (settings_.leads && !settings_.leads()) co_return kube::Outcome{};
      CO_TRY(co_await carry_out(object, *state, decision, std::move(running), stop));
    }
    co_return kube::Outcome{base::seconds(1)};
  }

  scheduling::Decision decide_now(const scheduling::Spec& spec, const scheduling::State& state,
                                  const std::vector<LivingDrill>& running) const {
    return scheduling::decide(spec, state, names_of(running),
                              scheduling::whole_second(clock_.wall_now()));
  }

  aio::Task<base::Result<>> carry_out(const Node& object, scheduling::State state,
                                      scheduling::Decision decision,
                                      std::vector<LivingDrill> running, std::stop_token stop) {
    const auto* start = std::get_if<scheduling::Start>(&decision);
    const auto* replace = std::get_if<scheduling::Replace>(&decision);
    const auto* skip = std::get_if<scheduling::Skip>(&decision);
    const scheduling::Record& record = start != nullptr     ? start->record
                                       : replace != nullptr ? replace->record
                                                            : skip->record;
    Node status = Node::map().set(
        "state", scheduling::to_json(state.with(record), object["metadata"]["name"].as_string()));
    if (start != nullptr) status.set("lastScheduleTime", instant_text(start->slot.at));
    if (skip != nullptr) {
      status.set("lastSkipped",
                 fmt::format("{}: {}", scheduling::name(record.outcome), record.detail));
    }
    // Durable before anything is done for it.
    CO_TRY(co_await write(object, std::move(status), stop));
    if (start != nullptr) co_return co_await make_drill(object, start->slot.at, stop);
    if (replace != nullptr) CO_TRY(co_await abort_drills(client_, std::move(running), {}, stop));
    if (skip != nullptr) {
      tell(object, "Warning", scheduling::name(record.outcome),
           fmt::format("slot {} starts no drill: {}", instant_text(record.slot), record.detail));
    }
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> make_drill(const Node& object, Instant slot, std::stop_token stop) {
    const Node drill = drill_of(object, slot);
    const std::string& name = drill["metadata"]["name"].as_string();
    CO_TRY(const kube::Reply reply,
           co_await client_.create(cluster::kDrills, space_of(object), api::to_json(drill), {},
                                   std::move(stop)));
    if (!reply.ok() && reply.code != 409) {
      tell(object, "Warning", "DrillRefused", reply.refusal.message);
      co_return tl::unexpected(kube::error_of(reply.refusal, "create drill " + name));
    }
    tell(object, "Normal", "DrillStarted",
         fmt::format("slot {} starts drill {}", instant_text(slot), name));
    co_return base::Result<>{};
  }

  /// Drills beyond the history limits, each by its UID: another may have the name by now.
  aio::Task<base::Result<>> forget_old(const Node& object, const scheduling::Spec& spec,
                                       std::stop_token stop) {
    std::vector<scheduling::PastDrill> past;
    std::map<std::string, std::string> uids;
    drills_.drills().for_each([&](const kube::Key& key, const DrillObject& drill) {
      if (!is_of(object, drill) || !drill.finished()) return;
      const auto slot = scheduling::parse_time(drill.slot, scheduling::Zone::utc());
      if (!slot) return;
      past.push_back({key.name, *slot, drill.status["verdict"].as_string() == "Met"});
      uids[key.name] = drill.uid;
    });
    for (const std::string& old : scheduling::beyond_limits(spec, std::move(past))) {
      const kube::Key key{space_of(object), old};
      CO_TRY(const kube::Reply reply,
             co_await client_.remove(cluster::kDrills, key, {.uid = uids.at(old)}, stop));
      if (reply.code == 404 || reply.code == 409) continue;
      CO_TRY(kube::taken(reply, "delete drills " + kube::to_string(key)));
    }
    co_return base::Result<>{};
  }

  /// Nothing to decide: what people look at, old drills, and when to look again.
  aio::Task<base::Result<kube::Outcome>> rest(const Node& object, const scheduling::Spec& spec,
                                              const scheduling::State& state,
                                              std::vector<LivingDrill> running,
                                              const scheduling::Wait& wait, std::stop_token stop) {
    if (!settings_.leads || settings_.leads()) {
      // Whoever decided it may have died before it asked all of them.
      if (state.replacing()) {
        const base::WallTime decided(state.recent.back().decided);
        CO_TRY(co_await abort_drills(client_, std::move(running), decided, stop));
      }
      const std::string problem = plan_problem(object, spec);
      const bool ready = problem.empty();
      CO_TRY(co_await say_ready(object, ready ? "True" : "False", ready ? "Ready" : kPlanNotFound,
                                problem, seen(object, state, wait), stop));
      CO_TRY(co_await forget_old(object, spec, stop));
    }
    if (!wait.until) co_return kube::Outcome{};
    const base::Duration left = base::WallTime(*wait.until) - clock_.wall_now();
    // A clock may be put forward while nobody looks.
    co_return kube::Outcome{std::clamp(left, base::millis(50), kLookAtLeast)};
  }

  /// Members of the status, for people.
  Node seen(const Node& object, const scheduling::State& state,
            const scheduling::Wait& wait) const {
    Node active = Node::sequence();
    std::string succeeded = object["status"]["lastSuccessfulTime"].as_string();
    drills_.drills().for_each([&](const kube::Key& key, const DrillObject& drill) {
      if (!is_of(object, drill)) return;
      if (!drill.finished()) {
        active.push(Node::map().set("name", key.name).set("uid", drill.uid));
      } else if (drill.status["verdict"].as_string() == "Met") {
        succeeded = std::max(succeeded, drill.status["completionTime"].as_string());
      }
    });
    Node out = Node::map();
    if (wait.slot) out.set("nextScheduleTime", instant_text(wait.slot->at));
    if (!succeeded.empty()) out.set("lastSuccessfulTime", succeeded);
    out.set("active", std::move(active));
    if (object["status"]["state"].as_string().empty()) {
      out.set("state", scheduling::to_json(state, object["metadata"]["name"].as_string()));
    }
    return out;
  }

  /// Its slots come all the same: each makes a Drill, which waits for the plan.
  std::string plan_problem(const Node& object, const scheduling::Spec& spec) const {
    const std::string& space = object["metadata"]["namespace"].as_string();
    if (drills_.plans().find({space, spec.drill.plan}) != nullptr) return "";
    return no_plan(spec.drill.plan, space);
  }

  aio::Task<base::Result<>> say_ready(const Node& object, std::string status, std::string reason,
                                      std::string message, Node seen, std::stop_token stop) {
    if (settings_.leads && !settings_.leads()) co_return base::Result<>{};
    const std::int64_t generation = object["metadata"]["generation"].as_int();
    if (!seen.is_map()) seen = Node::map();
    seen.set("conditions",
             cluster::with_condition(object["status"]["conditions"], "Ready", status, reason,
                                     message, cluster::time_text(clock_.wall_now()), generation));
    seen.set("observedGeneration", generation);
    if (cluster::says(object["status"], seen)) co_return base::Result<>{};
    co_return co_await write(object, std::move(seen), std::move(stop));
  }

  aio::Task<base::Result<>> write(const Node& object, Node status, std::stop_token stop) {
    co_return co_await cluster::write_status(client_, cluster::kSchedules,
                                             cluster::version_of(object), std::move(status),
                                             std::move(stop));
  }

  void tell(const Node& object, const char* type, const std::string& reason,
            const std::string& note) {
    const Node& meta = object["metadata"];
    const kube::Key key{meta["namespace"].as_string(), meta["name"].as_string()};
    events_.tell({cluster::kSchedules.api_version(), cluster::kSchedules.kind, key,
                  meta["uid"].as_string(), meta["resourceVersion"].as_string()},
                 type, reason, "Reconcile", note);
    log(Level::Info, note,
        {{"controller", "drillschedule"},
         {"namespace", key.space},
         {"name", key.name},
         {"reason", reason}});
  }

  aio::Clock& clock_;
  kube::Client& client_;
  kube::EventRecorder& events_;
  DrillController& drills_;
  ControllerSettings settings_;
  kube::Store<Nothing> schedules_;
  kube::Controller controller_;
  kube::Informer informer_;
};

ScheduleController::ScheduleController(aio::Clock& clock, kube::Client& client,
                                       kube::EventRecorder& events, DrillController& drills,
                                       ControllerSettings settings)
    : driver_(std::make_unique<Driver>(clock, client, events, drills, std::move(settings))) {}
ScheduleController::~ScheduleController() = default;
void ScheduleController::changed_in(const std::string& space) {
  driver_->changed_in(space);
}
aio::Task<base::Result<>> ScheduleController::follow(std::stop_token stop) {
  return driver_->follow(std::move(stop));
}
bool ScheduleController::synced() const {
  return driver_->synced();
}
aio::Task<base::Result<>> ScheduleController::work(std::stop_token stop) {
  return driver_->work(std::move(stop));
}
kube::Controller& ScheduleController::controller() {
  return driver_->controller();
}

}  // namespace op
