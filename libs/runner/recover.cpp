#include "runner/recover.h"

#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/plan_parse.h"
#include "probes/pg_ledger.h"
#include "runner/audit_trail.h"
#include "runner/drive.h"
#include "runner/http_client.h"
#include "runner/instance_watch.h"
#include "runner/instrument.h"
#include "runner/ledger_schemas.h"
#include "runner/plan_config.h"
#include "runner/sql_client.h"

namespace runner {
namespace {

constexpr const char* kRecovery = "recovery";
constexpr base::Duration kAwaitOther = base::seconds(1800);
constexpr base::Duration kAskEvery = base::millis(100);
constexpr base::Duration kDropWithin = base::seconds(60);
constexpr base::Duration kDropAgain = base::seconds(1);

/// Somebody else holds the lock, to do the same.
bool is_recovering(const base::Error& error) {
  return error.code == base::Code::AlreadyExists &&
         error.message.find(fmt::format("is held by {}", kRecovery)) != std::string::npos;
}

aio::Task<base::Result<aio::FileLock>> lock_drill(aio::Clock& clock, const DrillDir& dir,
                                                  const std::string& who) {
  const base::TimePoint until = clock.now() + kAwaitOther;
  while (true) {
    auto lock = aio::FileLock::try_lock(dir.lock(), fmt::format("{} by {}", kRecovery, who));
    if (lock || !is_recovering(lock.error()) || clock.now() >= until) co_return lock;
    static_cast<void>(co_await aio::wait_for(clock, kAskEvery, {}));
  }
}

/// The edge of a drive that only restores: no prober, the instances are asked directly.
class RecoveryEdge final : public Edge {
 public:
  /// `broken`: a part of the target was deleted, so that it cannot be whole again, and everything
  /// is done when everything is undone.
  RecoveryEdge(aio::Clock& clock, InstanceWatch& instances, bool broken)
      : clock_(clock), instances_(instances), broken_(broken) {}

  aio::Task<drill::event::Preflighted> preflight(std::stop_token /*stop*/) override {
    co_return drill::event::Preflighted{true, ""};
  }
  void observe(drill::action::Observe::What /*what*/) override {}

  aio::Task<drill::event::Observed> look(std::stop_token stop) override {
    drill::event::Observed observed;
    observed.through = clock_.now();
    if (instances_.empty()) {
      observed.service = drill::Service::Good;
      observed.promoted = drill::Seen::No;
      observed.redundancy = drill::Seen::Yes;
      co_return observed;
    }
    static_cast<void>(co_await instances_.look(std::move(stop)));
    const bool writable = !primary_of(instances_.views()).empty();
    observed.service = writable ? drill::Service::Good : drill::Service::Bad;
    if (!writable) {
      good_since_ = base::kNever;
    } else if (good_since_ == base::kNever) {
      good_since_ = clock_.now();
    }
    observed.since = writable ? good_since_ : clock_.now();
    observed.promoted = instances_.promoted();
    observed.redundancy = instances_.redundancy();
    if (broken_) {
      observed.service = drill::Service::Good;
      observed.redundancy = drill::Seen::Yes;
    }
    co_return observed;
  }

  aio::Task<drill::event::FinalReadDone> final_read(drill::FinalRead::Which which,
                                                    std::stop_token /*stop*/) override {
    co_return drill::event::FinalReadDone{which, false, "a recovery measures nothing"};
  }

 private:
  aio::Clock& clock_;
  InstanceWatch& instances_;
  bool broken_;
  base::TimePoint good_since_ = base::kNever;
};

aio::Task<base::Result<>> keep_looking(aio::Clock& clock, RecoveryEdge& edge, Drive& drive,
                                       std::stop_token stop) {
  while (co_await aio::wait_for(clock, base::seconds(1), stop)) {
    drive.post(co_await edge.look(stop));
  }
  co_return base::Result<>{};
}

struct Kept {
  PlanFile file;
  bool managed = false;
};

base::Result<Kept> load_kept(const DrillDir& dir, const api::ActionCatalog& catalog) {
  TRY(const std::string text, aio::read_file(dir.system()));
  const auto parsed = api::parse_json(text);
  if (!parsed) return tl::unexpected(parsed.error().with(dir.system()));
  const api::Node& node = *parsed;
  auto plan = api::parse_plan(api::without_unmeasured_rpo(node["plan"]), dir.system(), catalog);
  if (!plan) return base::fail(base::Code::DataLoss, api::format(plan.error()));
  auto system = api::parse_local_system(node["system"], dir.system());
  if (!system) return base::fail(base::Code::DataLoss, api::format(system.error()));
  system->home = node["home"].as_string();
  return Kept{PlanFile{std::move(*plan), std::move(*system), {}}, node["managed"].as_bool()};
}

}  // namespace

aio::Task<base::Result<Recovered>> recover_target(
    aio::Clock& clock, aio::Executor executor, DrillTarget& target, const targets::Catalog& catalog,
    store::UndoJournal& journal, InstanceBaseline baseline, AuditTrail* audit, bool once_more) {
  CO_TRY(InstanceWatch instances,
         InstanceWatch::create(clock, target.target->system(), target.names));
  SqlOverInstances sql(instances.instances());
  HttpGet http(clock, executor, target.names);
  targets::Context context{*target.target, clock, catalog, &sql, &http, nullptr};
  Actuator actuator(target.plan, context, journal);
  instances.expect(std::move(baseline));
  RecoveryEdge edge(clock, instances, !target.target->gone().empty());
  drill::EngineConfig config = engine_config(target.plan, catalog);
  config.final_reads = false;
  CO_TRY(std::vector<drill::Leftover> leftovers, store::leftovers_of(journal.contents()));
  Drive drive(clock, executor, drill::Engine::resume(std::move(config), leftovers), actuator, edge,
              journal);
  if (once_more) drive.leave_journal_open();
  if (audit != nullptr) {
    drive.chronicle().listen([audit](const drill::TimelineEvent& entry) { audit->tell(entry); });
  }
  aio::TaskGroup looking(executor);
  looking.spawn(keep_looking(clock, edge, drive, looking.token()));
  const drill::action::Finish finish = co_await drive.run();
  looking.cancel();
  static_cast<void>(co_await looking.join());
  Recovered out{finish.whole, finish.reason};
  for (const std::string& problem : finish.problems) out.detail += "; " + problem;
  co_return out;
}

namespace {

/// The drill's ledger table, and those of drills that have ended, on whichever instance takes
/// writes now.
aio::Task<base::Result<>> drop_ledger_once(const std::string& id, const StateDir* state,
                                           InstanceWatch& instances) {
  CO_TRY(co_await instances.look({}));
  const std::string primary = primary_of(instances.views());
  if (primary.empty()) co_return base::fail(base::Code::Unavailable, "no instance takes writes");
  const std::string drop = probes::drop_schema(probes::ledger_schema(id)).text;
  CO_TRY(co_await instances.instances().query(primary, drop, base::seconds(10), {}));
  if (state == nullptr) co_return base::Result<>{};
  co_return co_await drop_ended_ledgers(*state, instances.instances(), primary, {});
}

}  // namespace

aio::Task<base::Result<>> drop_ledger(aio::Clock& clock, DrillTarget& target, std::string id,
                                      const StateDir* state) {
  CO_TRY(InstanceWatch instances,
         InstanceWatch::create(clock, target.target->system(), target.names));
  if (instances.empty()) co_return base::Result<>{};
  const base::TimePoint until = clock.now() + kDropWithin;
  while (true) {
    base::Result<> dropped = co_await drop_ledger_once(id, state, instances);
    if (dropped || clock.now() >= until) co_return dropped;
    static_cast<void>(co_await aio::wait_for(clock, kDropAgain, {}));
  }
}

namespace {

/// What the journal has left, on a target that is open.
aio::Task<base::Result<Recovered>> undo_journal(aio::Clock& clock, aio::Executor executor,
                                                const DrillDir& dir, DrillTarget& target,
                                                const targets::Catalog& catalog,
                                                AuditTrail* audit) {
  Recovered out{true, "nothing was left to undo"};
  if (!aio::file_exists(dir.journal())) co_return out;
  CO_TRY(auto file, store::open_journal_file(dir.journal()));
  CO_TRY(store::UndoJournal journal, store::UndoJournal::reopen(std::move(file)));
  if (!journal.contents().needs_recovery()) co_return out;
  if (!target.local().started()) {
    out.detail =
        "the system does not run any more, so there is nothing to undo in it; its next start sets "
        "it up anew";
    CO_TRY(journal.close(true, out.detail));
    co_return out;
  }
  co_return co_await recover_target(clock, executor, target, catalog, journal,
                                    saved_baseline(dir, role(target.plan, "primary")), audit);
}

}  // namespace

base::Result<> save_for_recovery(const DrillDir& dir, const PlanFile& file, bool managed) {
  const api::Node node = api::Node::map()
                             .set("version", 1)
                             .set("plan", file.plan.document)
                             .set("system", api::to_node(file.system))
                             .set("home", file.system.home)
                             .set("managed", managed);
  TRY(aio::write_file_atomic(dir.plan(), api::to_yaml(file.plan.document)));
  return aio::write_file_atomic(dir.system(), api::to_json(node, 1));
}

base::Result<DrillTarget> open_kept_target(aio::Clock& clock, const StateDir& state,
                                           const DrillDir& dir, const api::ActionCatalog& kinds) {
  TRY(Kept kept, load_kept(dir, kinds));
  return open_target(clock, state, std::move(kept.file), kinds);
}

base::Result<> save_baseline(const DrillDir& dir, const InstanceBaseline& baseline) {
  const api::Node node = api::Node::map()
                             .set("primary", baseline.primary)
                             .set("timeline", std::int64_t{baseline.timeline})
                             .set("standbys", static_cast<std::int64_t>(baseline.standbys));
  return aio::write_file_atomic(dir.instances(), api::to_json(node, 1));
}

InstanceBaseline saved_baseline(const DrillDir& dir, const std::string& primary) {
  const auto text = aio::read_file(dir.instances());
  const auto node = text ? api::parse_json(*text) : tl::unexpected(text.error());
  // A drill that died before its steady state broke nothing.
  if (!node || (*node)["primary"].as_string().empty()) return {primary, 0, 1};
  return {(*node)["primary"].as_string(), static_cast<std::uint32_t>((*node)["timeline"].as_int()),
          static_cast<std::size_t>((*node)["standbys"].as_int())};
}

base::Result<> mark_ended(const DrillDir& dir) {
  return aio::write_file_atomic(dir.ended(), "");
}

base::Result<bool> needs_recovery(const DrillDir& dir) {
  // In a folder that may not be entered every file seems not to be there.
  TRY(aio::check_folder(dir.path));
  if (!aio::file_exists(dir.system()) || aio::file_exists(dir.ended())) return false;
  auto lock = aio::FileLock::try_lock(dir.lock(), kRecovery);
  if (!lock) return is_recovering(lock.error());  // else its process lives
  TRY(const std::string text, aio::read_file(dir.system()));
  const auto kept = api::parse_json(text);
  if (!kept) return tl::unexpected(kept.error().with(dir.system()));
  if ((*kept)["managed"].as_bool()) return true;  // perhaps it left its system running
  if (!aio::file_exists(dir.journal())) return false;
  TRY(const std::string bytes, aio::read_file(dir.journal()));
  if (const auto journal = store::parse_journal(bytes); !journal) {
    return tl::unexpected(journal.error().with(dir.journal()));
  }
  // With nothing to undo its table may still be in the database.
  return true;
}

bool is_being_recovered(const DrillDir& dir) {
  if (!aio::FileLock::held(dir.lock()).value_or(false)) return false;
  const auto holder = aio::read_file(dir.lock(), 4096);
  return holder && holder->starts_with(kRecovery);
}

std::string system_of(const DrillDir& dir) {
  const auto text = aio::read_file(dir.system());
  const auto node = text ? api::parse_json(*text) : tl::unexpected(text.error());
  return node ? (*node)["system"]["metadata"]["name"].as_string() : "";
}

aio::Task<base::Result<Recovered>> recover(aio::Clock& clock, aio::Executor executor,
                                           const StateDir& state, DrillDir dir, std::string who) {
  CO_TRY(const aio::FileLock alive, co_await lock_drill(clock, dir, who));
  if (aio::file_exists(dir.ended())) co_return Recovered{true, "everything was undone already"};
  const targets::Catalog catalog = targets::local_catalog();
  const api::ActionCatalog kinds = action_catalog(catalog);
  CO_TRY(Kept kept, load_kept(dir, kinds));
  const bool managed = kept.managed;
  CO_TRY(const aio::FileLock lock,
         targets::lock_target(state.locks(), kept.file.system.name,
                              fmt::format("{} of {} by {}", kRecovery, dir.id(), who)));
  CO_TRY(DrillTarget target, open_target(clock, state, std::move(kept.file), kinds));
  // A command of the dead drill that still works would race with the undo of what it does.
  CO_TRY(co_await target.local().end_commands());
  // Undoing must not fail for want of a log.
  auto opened = AuditTrail::open(state.audit_log(), clock, {.drill = dir.id()});
  AuditTrail* const audit = opened ? opened->get() : nullptr;
  if (audit != nullptr) static_cast<void>(audit->request("RecoveryRequested", "", ""));
  CO_TRY(Recovered out, co_await undo_journal(clock, executor, dir, target, catalog, audit));
  if (audit != nullptr) audit->tell("RecoveryEnded", out.whole ? "whole" : "not whole", out.detail);
  if (!out.whole) co_return out;
  if (!managed && target.local().started()) {
    const auto dropped = co_await drop_ledger(clock, target, dir.id(), &state);
    if (!dropped) {
      out.detail += "; the drill's table is still in the database: " + dropped.error().message;
    }
  }
  if (managed) {
    // Also one that never came up wholly: its relays and servers would outlive the drill.
    CO_TRY(co_await target.local().stop({}));
    CO_TRY(target.local().remove());
    out.detail += "; the system that the drill had started is stopped";
  }
  CO_TRY(mark_ended(dir));
  co_return out;
}

}  // namespace runner
