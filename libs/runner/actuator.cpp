#include "runner/actuator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "runner/plan_config.h"

namespace runner {
namespace {

api::Use use_of(drill::PartId id) {
  return id.kind == drill::PartId::Kind::Fault ? api::Use::Fault : api::Use::Step;
}

/// What a part acts on and was found gone ("Deployment web is gone"); empty: it is there, as far as
/// anybody has looked. In what is gone nothing can be done, and nothing has to be.
std::string gone_of(const targets::Context& context, const api::Action& action) {
  if (action.kind == api::kWaitFor) return gone_of(context, api::one_of(action.params));
  const targets::Target::Gone& all = context.target.gone();
  if (action.kind == "workload") {  // a condition, whose field is called name
    const auto gone = all.find("workload/" + action.params["name"].as_string());
    return gone == all.end() ? "" : gone->second;
  }
  for (const char* field : {"workload", "service", "instance"}) {
    const auto gone = all.find(std::string(field) + "/" + action.params[field].as_string());
    if (gone != all.end()) return gone->second;
  }
  return "";
}

/// What an undo says beside that it is done.
std::string left_alone(const targets::Context& context) {
  const std::string found = context.target.take_found();
  return found.empty() ? "" : "nothing is to be undone there: " + found;
}

}  // namespace

base::Result<targets::Driver*> Actuator::driver_of(drill::PartId id) const {
  const PartView part = part_of(plan_, id);
  targets::Driver* driver = context_.catalog.driver(part.action->kind, use_of(id));
  if (driver == nullptr) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{}: no kind '{}'", *part.name, part.action->kind));
  }
  return driver;
}

const store::JournalEntry* Actuator::entry_of(drill::PartId id) const {
  const auto& entries = journal_.contents().entries;
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return entry.record.part == drill::to_string(id);
  });
  return found == entries.end() ? nullptr : &*found;
}

/// What its undo needs, as the journal has it; null: nothing was recorded.
base::Result<api::Node> Actuator::prepared(drill::PartId id) const {
  const store::JournalEntry* entry = entry_of(id);
  return entry == nullptr ? api::Node() : api::parse_json(entry->record.undo);
}

aio::Task<base::Result<>> Actuator::preflight(std::stop_token stop) {
  for (const drill::PartId id : parts_of(plan_)) {
    const PartView part = part_of(plan_, id);
    CO_TRY(targets::Driver * driver, driver_of(id));
    auto may = co_await driver->preflight(context_, part.action->params, stop);
    if (may && part.undo != nullptr) {
      targets::Driver* own = context_.catalog.driver(part.undo->kind, api::Use::Step);
      if (own != nullptr) may = co_await own->preflight(context_, part.undo->params, stop);
    }
    if (!may) co_return tl::unexpected(may.error().with(*part.name));
  }
  co_return base::Result<>{};
}

/// A proof that holds already proves nothing about the fault.
aio::Task<base::Result<>> Actuator::refuse_idle_proof(drill::PartId id, std::stop_token stop) {
  const PartView part = part_of(plan_, id);
  if (part.proven_by == nullptr) co_return base::Result<>{};
  targets::Condition* condition = context_.catalog.condition(part.proven_by->kind);
  if (condition == nullptr) {
    co_return base::fail(base::Code::InvalidArgument,
                         "no condition '" + part.proven_by->kind + "'");
  }
  CO_TRY(const targets::Check check,
         co_await condition->check(context_, part.proven_by->params, std::move(stop)));
  if (!check.holds) co_return base::Result<>{};
  co_return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("provenBy holds before the fault ({}), so it could not prove it", check.detail));
}

aio::Task<base::Result<>> Actuator::prepare_and_record(drill::PartId id, std::stop_token stop) {
  CO_TRY(co_await refuse_idle_proof(id, stop));
  CO_TRY(targets::Driver * driver, driver_of(id));
  const PartView part = part_of(plan_, id);
  CO_TRY(const api::Node undo, co_await driver->prepare(context_, part.action->params, stop));
  const drill::PartConfig config = part_config(plan_, context_.catalog, id);
  store::UndoRecord record;
  record.part = drill::to_string(id);
  record.name = *part.name;
  record.kind = part.action->kind;
  record.params = api::to_json(part.action->params);
  record.undo = api::to_json(undo);
  record.rule = drill::name(config.undo);
  record.forward_only = config.forward_only;
  const auto recorded = journal_.record(record);
  if (!recorded) co_return tl::unexpected(recorded.error().with("its undo cannot be recorded"));
  co_return base::Result<>{};
}

aio::Task<drill::event::Recorded> Actuator::record(drill::PartId id, base::Duration limit,
                                                   std::stop_token stop) {
  const auto done = co_await aio::with_deadline(
      context_.clock, context_.clock.now() + limit, std::move(stop), "what its undo needs",
      [&](std::stop_token token) { return prepare_and_record(id, std::move(token)); });
  co_return drill::event::Recorded{id, done.has_value(), done ? "" : done.error().message};
}

aio::Task<base::Result<std::string>> Actuator::run(drill::PartId id, std::stop_token stop) {
  CO_TRY(targets::Driver * driver, driver_of(id));
  const PartView part = part_of(plan_, id);
  if (id.kind == drill::PartId::Kind::Failback) {
    const std::string gone = gone_of(context_, *part.action);
    if (!gone.empty()) co_return "left out: " + gone;
  }
  CO_TRY(const api::Node undo, prepared(id));
  if (confirm_ && driver->changes_target()) CO_TRY(co_await confirm_(stop));
  const base::TimePoint limit = context_.clock.now() + base::seconds(part.timeout_seconds);
  targets::Context context = context_;
  context.part = *part.name;
  co_return co_await aio::with_deadline(
      context_.clock, limit, stop, *part.name, [&](std::stop_token token) {
        return driver->apply(context, part.action->params, undo, token);
      });
}

aio::Task<drill::event::Applied> Actuator::apply(drill::PartId id, std::stop_token stop) {
  const bool changes = part_config(plan_, context_.catalog, id).changes_target;
  const base::TimePoint open_before = context_.target.may_land_until();
  const auto done = co_await run(id, std::move(stop));
  drill::event::Applied applied{id, drill::DoResult::Ok, ""};
  if (done) {
    applied.detail = *done;
  } else {
    const bool unknown = changes && targets::outcome_unknown(done.error());
    applied.result = unknown ? drill::DoResult::Unknown : drill::DoResult::Failed;
    applied.detail = done.error().message;
  }
  // A failback step is undone by nobody.
  const base::TimePoint open = context_.target.may_land_until();
  const bool undoable = changes && id.kind != drill::PartId::Kind::Failback;
  applied.may_land = undoable && open > open_before && open > context_.clock.now();
  if (applied.may_land) {
    open_[id] = open;
  } else {
    note_result(applied);
  }
  co_return applied;
}

aio::Task<drill::event::Applied> Actuator::settle(drill::event::Applied open,
                                                  std::stop_token stop) {
  const base::TimePoint until = open_.at(open.id);
  const base::TimePoint now = context_.clock.now();
  if (now < until && !co_await aio::wait_for(context_.clock, until - now, stop)) co_return open;
  open.may_land = false;
  note_result(open);
  co_return open;
}

void Actuator::note_result(drill::event::Applied& applied) {
  using State = store::JournalEntry::State;
  if (entry_of(applied.id) == nullptr) return;
  const State state = applied.result == drill::DoResult::Ok       ? State::Applied
                      : applied.result == drill::DoResult::Failed ? State::Failed
                                                                  : State::Unknown;
  // A result that cannot be written leaves the entry Recorded, which a recovery takes as Unknown:
  // the undo runs all the same.
  const auto written = journal_.result(drill::to_string(applied.id), state, applied.detail);
  if (!written) applied.detail += " (not in the journal: " + written.error().message + ")";
}

aio::Task<base::Result<>> Actuator::sustain(drill::PartId id, targets::Lease::Lost lost,
                                            std::stop_token stop) {
  CO_TRY(targets::Driver * driver, driver_of(id));
  auto* lease = dynamic_cast<targets::Lease*>(driver);
  if (lease == nullptr) co_return base::Result<>{};
  const PartView part = part_of(plan_, id);
  CO_TRY(const api::Node undo, prepared(id));
  const auto named = [lost = std::move(lost), name = *part.name](const std::string& what) {
    lost(fmt::format("{}: {}", name, what));
  };
  const auto kept =
      co_await lease->sustain(context_, part.action->params, undo, named, std::move(stop));
  if (!kept) co_return tl::unexpected(kept.error().with(*part.name));
  co_return base::Result<>{};
}

aio::Task<base::Result<std::string>> Actuator::proof(drill::PartId id, std::stop_token stop) {
  const PartView part = part_of(plan_, id);
  CO_TRY(targets::Driver * driver, driver_of(id));
  CO_TRY(const api::Node undo, prepared(id));
  CO_TRY(std::string seen, co_await driver->prove(context_, part.action->params, undo, stop));
  if (part.proven_by == nullptr) co_return seen;
  co_return co_await targets::wait_for_condition(context_, *part.proven_by, std::move(stop));
}

aio::Task<drill::event::Proven> Actuator::prove(drill::PartId id, base::Duration limit,
                                                std::stop_token stop) {
  const auto held = co_await aio::with_deadline(
      context_.clock, context_.clock.now() + limit, std::move(stop),
      *part_of(plan_, id).name + ": proof",
      [&](std::stop_token token) { return proof(id, std::move(token)); });
  co_return drill::event::Proven{id, held.has_value(), held ? *held : held.error().message};
}

aio::Task<base::Result<>> Actuator::undo(drill::PartId id, std::stop_token stop) {
  const PartView part = part_of(plan_, id);
  if (part.undo != nullptr) {
    if (!gone_of(context_, *part.undo).empty()) co_return base::Result<>{};
    targets::Driver* driver = context_.catalog.driver(part.undo->kind, api::Use::Step);
    if (driver == nullptr) {
      co_return base::fail(base::Code::InvalidArgument, "no kind '" + part.undo->kind + "'");
    }
    CO_TRY(const api::Node prepared, co_await driver->prepare(context_, part.undo->params, stop));
    CO_TRY(co_await driver->apply(context_, part.undo->params, prepared, stop));
    co_return base::Result<>{};
  }
  CO_TRY(targets::Driver * driver, driver_of(id));
  const store::JournalEntry* entry = entry_of(id);
  if (entry == nullptr) co_return base::Result<>{};  // never recorded, so never done
  CO_TRY(const api::Node params, api::parse_json(entry->record.params));
  CO_TRY(const api::Node prepared, api::parse_json(entry->record.undo));
  co_return co_await driver->undo(context_, params, prepared, stop);
}

aio::Task<drill::event::Restored> Actuator::restore(drill::action::Restore what,
                                                    base::Duration limit, std::stop_token stop) {
  const drill::PartId id = what.id;
  const std::string name = *part_of(plan_, id).name;
  if (const store::JournalEntry* entry = entry_of(id);
      entry != nullptr && !entry->undoing &&
      entry->record.rule == drill::name(drill::Undo::IfNotPromoted)) {
    // Before the undo stops what could still be asked. One that cannot be written hinders nothing.
    static_cast<void>(journal_.undoing(drill::to_string(id)));
  }
  // Asked for anew each time: every write to the journal moves its entries.
  const auto known = [&] {
    const store::JournalEntry* entry = entry_of(id);
    return entry == nullptr ? std::nullopt : std::optional(entry->state);
  };
  const auto known_before = known();
  const auto done = co_await aio::with_deadline(
      context_.clock, context_.clock.now() + limit, std::move(stop), "undo of " + name,
      [&](std::stop_token token) { return undo(id, token); });
  if (!done) co_return drill::event::Restored{id, what.attempt, false, done.error().message};
  // A result that came meanwhile may have landed after this undo: the engine undoes it again, and
  // so must whoever reads the journal. Undoing twice is harmless, so a journal that cannot be
  // written costs a repetition at most.
  if (known_before && known() == known_before) {
    static_cast<void>(journal_.undone(drill::to_string(id)));
  }
  co_return drill::event::Restored{id, what.attempt, true, left_alone(context_)};
}

}  // namespace runner
