// How the simulated operator does things to the target: with delays, failures, effects without an
// answer and answers without an effect.
#include <fmt/format.h>

#include "drill/engine_text.h"
#include "sim/operator.h"

namespace sim {

void Operator::work_on(drill::PartId id) {
  Work& work = work_[id];
  work.pending = true;
  work.unstoppable = false;
  const std::uint32_t number = ++work.number;
  if (is_wait(world_.shape.part(id).deed)) {
    after(base::millis(100), [this, id, number] { try_wait(id, number); });
    return;
  }
  // Sometimes it happens and nobody hears of it, sometimes it only happens very late.
  const bool reply = !world_.trouble();
  const base::Duration wait =
      world_.trouble() ? base::seconds(world_.random.between(1, 30)) : delay();
  after(wait, [this, id, number, reply] { land(id, number, reply); });
}

void Operator::strike(drill::PartId id) {
  if (id.kind != drill::PartId::Kind::Failback) ++world_.begun[drill::to_string(id)];
}

void Operator::die() {
  for (const auto& [id, work] : work_) {
    const Deed deed = world_.shape.part(id).deed;
    if (!work.pending || is_wait(deed) || world_.random.chance(0.5)) continue;
    strike(id);
    (void)world_.target.perform(deed);
    world_.target.touch(world_.now());
  }
}

void Operator::try_wait(drill::PartId id, std::uint32_t number) {
  Work& work = work_[id];
  if (!work.pending || work.number != number) return;
  if (world_.target.perform(world_.shape.part(id).deed)) {
    work.pending = false;
    answer(base::millis(1), drill::event::Applied{id, drill::DoResult::Ok, ""});
    return;
  }
  after(base::millis(500), [this, id, number] { try_wait(id, number); });
}

void Operator::land(drill::PartId id, std::uint32_t number, bool reply) {
  Work& work = work_[id];
  if (!work.pending || work.number != number) return;
  work.pending = false;
  drill::event::Applied applied{id, drill::DoResult::Ok, ""};
  if (world_.trouble() && world_.random.chance(0.5)) {
    applied.result = drill::DoResult::Failed;
    applied.detail = "Connection reset by peer";
  } else {
    strike(id);
    if (!world_.target.perform(world_.shape.part(id).deed)) {
      applied.result = drill::DoResult::Failed;
    } else if (world_.trouble()) {
      applied.result = drill::DoResult::Unknown;  // done, but who knows
    }
    world_.target.touch(world_.now());
  }
  if (!reply && !work.unstoppable) return;
  write_result(applied);
  if (world_.crashed) return;
  if (work.unstoppable) {
    after(base::millis(1), [this, applied] { feed(applied); });
  } else {
    answer(base::millis(1), applied);
  }
}

void Operator::write_result(const drill::event::Applied& applied) {
  if (applied.id.kind == drill::PartId::Kind::Failback || !journal_) return;
  using State = store::JournalEntry::State;
  const State state = applied.result == drill::DoResult::Ok       ? State::Applied
                      : applied.result == drill::DoResult::Failed ? State::Failed
                                                                  : State::Unknown;
  const auto written = journal_->result(drill::to_string(applied.id), state, applied.detail);
  if (written || world_.crashed) return;
  // The result is not needed for the undo, but a journal that takes no more is reason to stop.
  after(base::millis(1), [this] {
    feed(drill::event::AbortRequested{drill::AbortReason::DiskFull, "undo journal"});
  });
}

void Operator::on(const drill::action::Cancel& action) {
  Work& work = work_[action.id];
  if (!work.pending) return;
  work.unstoppable = !is_wait(world_.shape.part(action.id).deed) && world_.trouble();
  if (work.unstoppable) return;
  work.pending = false;
  answer(base::millis(5), drill::event::Applied{action.id, drill::DoResult::Unknown, "cancelled"});
}

/// One more attempt is right where the last one failed or had its time, and wrong beside it.
void Operator::watch_undo(const drill::action::Restore& action) {
  const Undoing now{action.attempt, world_.now()};
  const auto [last, first] = undoing_.try_emplace(action.id, now);
  world_.undos_raced |=
      !first && now.since - last->second.since < world_.shape.config.timing.restore;
  last->second = now;
}

void Operator::on(const drill::action::Restore& action) {
  watch_undo(action);
  const auto undo = undos_.find(action.id);
  const Deed deed = undo == undos_.end() ? Deed{} : undo->second;
  const bool fails = world_.trouble();
  // One that fails may take its time, and may be told when the next is under way.
  const drill::EngineTiming& timing = world_.shape.config.timing;
  const base::Duration late =
      fails && world_.random.chance(0.5) ? timing.restore + timing.restore_retry : base::millis(1);
  if (journal_ && world_.shape.config.find(action.id)->undo == drill::Undo::IfNotPromoted) {
    const bool noted = journal_->undoing(drill::to_string(action.id)).has_value();
    if (world_.crashed) return;
    world_.undo_unnoted |= !noted;
  }
  const base::Duration takes =
      fails && world_.random.chance(0.5) ? base::seconds(world_.random.between(1, 50)) : delay();
  after(takes, [this, action, deed, fails, late] {
    const bool ok = !fails && world_.target.perform(deed);
    world_.target.touch(world_.now());
    const auto mine = undoing_.find(action.id);
    if (mine != undoing_.end() && mine->second.attempt == action.attempt) undoing_.erase(mine);
    if (ok && journal_) (void)journal_->undone(drill::to_string(action.id));
    if (world_.crashed) return;
    answer(late, drill::event::Restored{action.id, action.attempt, ok, ""});
  });
}

}  // namespace sim
