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
#include "operator/log.h"
#include "scheduling/engine.h"

namespace op {
namespace {

using api::Node;
using cluster::DrillObject;
using scheduling::Instant;

constexpr int kDecisionsMax = 16;  // of one reconcile
constexpr base::Duration kLookAtLeast = base::seconds(3600);
/// What the copy keeps of a schedule beside its key: a reconcile reads it from the server.
struct Nothing {};
constexpr const char* kSlotAnnotation = "muster.dev/slot";

std::string instant_text(Instant at) {
  return cluster::time_text(base::WallTime(at));
}

bool is_of(const Node& schedule, const DrillObject& drill) {
  return drill.schedule_uid == schedule["metadata"]["uid"].as_string();
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
        controller_(
            clock,
            {.name = "drillschedule", .ready = [this] { return synced() && drills_.synced(); }},
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
      CO_TRY(scheduling::State state, state_of(object));
      const scheduling::Decision decision =
          scheduling::decide(*spec, state, running(object, spec->drill.plan),
                             scheduling::whole_second(clock_.wall_now()));
      if (const auto* wait = std::get_if<scheduling::Wait>(&decision)) {
        co_return co_await rest(object, *spec, state, *wait, stop);
      }
      if (settings_.leads && !settings_.leads()) co_return kube::Outcome{};
      CO_TRY(co_await carry_out(object, state, decision, stop));
    }
    co_return kube::Outcome{base::seconds(1)};
  }

  std::vector<std::string> running(const Node& schedule, const std::string& plan) {
    std::vector<std::string> out;
    drills_.drills().for_each([&](const kube::Key& key, const DrillObject& drill) {
      const bool same = key.space == schedule["metadata"]["namespace"].as_string();
      if (same && drill.plan == plan && !drill.finished()) out.push_back(key.name);
    });
    // The copy may be late: what was made a moment ago may not be in it yet.
    const auto made = made_.find(schedule["metadata"]["uid"].as_string());
    if (made == made_.end()) return out;
    if (drills_.drills().find(made->second) == nullptr) {
      out.push_back(made->second.name);
    } else {
      made_.erase(made);
    }
    return out;
  }

  aio::Task<base::Result<>> carry_out(const Node& object, scheduling::State state,
                                      scheduling::Decision decision, std::stop_token stop) {
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
    if (replace != nullptr) {
      for (const std::string& drill : replace->drills) CO_TRY(co_await abort(object, drill, stop));
    }
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
           co_await client_.create(cluster::kDrills, object["metadata"]["namespace"].as_string(),
                                   api::to_json(drill), {}, std::move(stop)));
    if (!reply.ok() && reply.code != 409) {
      tell(object, "Warning", "DrillRefused", reply.refusal.message);
      co_return tl::unexpected(kube::error_of(reply.refusal, "create drill " + name));
    }
    made_[object["metadata"]["uid"].as_string()] = {object["metadata"]["namespace"].as_string(),
                                                    name};
    tell(object, "Normal", "DrillStarted",
         fmt::format("slot {} starts drill {}", instant_text(slot), name));
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> abort(const Node& object, std::string drill, std::stop_token stop) {
    const kube::Key key{object["metadata"]["namespace"].as_string(), std::move(drill)};
    const DrillObject* known = drills_.drills().find(key);
    // Without a UID it is whatever has that name: one that was made a moment ago.
    const std::string uid = known != nullptr ? known->uid : "";
    co_return co_await cluster::DrillWriter(client_, key).abort(uid, std::move(stop));
  }

  /// Nothing to decide: what people look at, old drills, and when to look again.
  aio::Task<base::Result<kube::Outcome>> rest(const Node& object, const scheduling::Spec& spec,
                                              const scheduling::State& state,
                                              const scheduling::Wait& wait, std::stop_token stop) {
    std::vector<scheduling::PastDrill> past;
    Node active = Node::sequence();
    std::string succeeded = object["status"]["lastSuccessfulTime"].as_string();
    drills_.drills().for_each([&](const kube::Key& key, const DrillObject& drill) {
      if (!is_of(object, drill)) return;
      if (!drill.finished()) {
        active.push(Node::map().set("name", key.name).set("uid", drill.uid));
        return;
      }
      const auto slot = scheduling::parse_time(drill.slot, scheduling::Zone::utc());
      const bool met = drill.status["verdict"].as_string() == "Met";
      if (slot) past.push_back({key.name, *slot, met});
      if (met) succeeded = std::max(succeeded, drill.status["completionTime"].as_string());
    });
    if (!settings_.leads || settings_.leads()) {
      for (const std::string& old : scheduling::beyond_limits(spec, std::move(past))) {
        CO_TRY(co_await client_.remove(
            cluster::kDrills, {object["metadata"]["namespace"].as_string(), old}, {}, stop));
      }
      Node seen = Node::map();
      if (wait.slot) seen.set("nextScheduleTime", instant_text(wait.slot->at));
      if (!succeeded.empty()) seen.set("lastSuccessfulTime", succeeded);
      seen.set("active", std::move(active));
      if (object["status"]["state"].as_string().empty()) {
        seen.set("state", scheduling::to_json(state, object["metadata"]["name"].as_string()));
      }
      const std::string problem = plan_problem(object, spec);
      const bool ready = problem.empty();
      CO_TRY(co_await say_ready(object, ready ? "True" : "False", ready ? "Ready" : kPlanNotFound,
                                problem, std::move(seen), stop));
    }
    if (!wait.until) co_return kube::Outcome{};
    const base::Duration left = base::WallTime(*wait.until) - clock_.wall_now();
    // A clock may be put forward while nobody looks.
    co_return kube::Outcome{std::clamp(left, base::millis(50), kLookAtLeast)};
  }

  /// Its slots come all the same: each makes a Drill, which waits for the plan.
  std::string plan_problem(const Node& object, const scheduling::Spec& spec) const {
    const std::string& space = object["metadata"]["namespace"].as_string();
    if (drills_.plans().find({space, spec.drill.plan}) != nullptr) return "";
    return no_plan(spec.drill.plan, space);
  }

  aio::Task<base::Result<>> say_ready(const Node& object, std::string status, std::string reason,
                                      std::string message, Node seen, std::stop_token stop) {
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
  std::map<std::string, kube::Key> made_;  // by schedule: the last drill, until the copy has it
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
