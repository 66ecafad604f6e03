#include "drill/engine_invariants.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/check.h"

namespace drill {

EngineInvariants::EngineInvariants(const EngineConfig& config)
    : can_promote_(config.can_promote), failback_always_(config.failback_always) {
  const auto add = [this](const std::vector<PartConfig>& from, PartId::Kind kind) {
    for (std::uint32_t i = 0; i < from.size(); ++i) {
      Part part;
      part.id = {kind, i};
      part.undo = from[i].undo;
      part.changes = from[i].changes_target;
      part.optional = from[i].on_failure == OnFailure::Continue;
      parts_.push_back(part);
    }
  };
  add(config.faults, PartId::Kind::Fault);
  add(config.steps, PartId::Kind::Step);
  add(config.failback, PartId::Kind::Failback);
}

void EngineInvariants::resumed(PartId id, Undo undo, bool restored) {
  Part* part = find(id);
  if (part == nullptr) {
    parts_.emplace_back();
    part = &parts_.back();
    part->id = id;
  }
  part->undo = undo;
  part->record_asked = part->durable = part->started = true;
  part->restored = part->restore_asked = restored;
  restoring_ = true;
}

EngineInvariants::Part* EngineInvariants::find(PartId id) {
  const auto it =
      std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.id == id; });
  return it == parts_.end() ? nullptr : &*it;
}

void EngineInvariants::observe(const Event& event, const std::vector<Action>& actions) {
  const auto broken = breach(event, actions);
  if (broken) std::fprintf(stderr, "the drill engine broke a promise: %s\n", broken->c_str());
  CHECK(!broken);
}

std::optional<std::string> EngineInvariants::breach(const Event& event,
                                                    const std::vector<Action>& actions) {
  if (finished_ && !actions.empty()) return "I7: an action after Finish";
  note_event(event);
  for (const Action& action : actions) {
    if (finished_) return "I7: an action after Finish";
    if (auto broken = check(action)) return broken;
  }
  if (begun_ && !finished_ && !wake_pending_) return "I7: nothing will wake the engine";
  return std::nullopt;
}

void EngineInvariants::note_event(const Event& event) {
  if (const auto* recorded = std::get_if<event::Recorded>(&event)) {
    Part* part = find(recorded->id);
    if (part != nullptr && part->record_asked && recorded->ok) part->durable = true;
  } else if (const auto* restored = std::get_if<event::Restored>(&event)) {
    Part* part = find(restored->id);
    const bool asked = part != nullptr && part->restore_asked && restored->attempt == part->attempt;
    if (asked && restored->ok) part->restored = true;
  } else if (const auto* applied = std::get_if<event::Applied>(&event)) {
    Part* part = find(applied->id);
    if (part != nullptr && part->started && applied->result == DoResult::Ok) part->ok = true;
  } else if (const auto* observed = std::get_if<event::Observed>(&event)) {
    if (observed->promoted == Seen::Yes) promoted_ = Seen::Yes;
  } else if (std::holds_alternative<event::Begin>(event)) {
    begun_ = true;
  } else if (std::holds_alternative<event::AbortRequested>(event)) {
    tripped_ = true;
  } else if (std::holds_alternative<event::Woke>(event)) {
    wake_pending_ = false;
  }
}

std::optional<std::string> EngineInvariants::check(const Action& action) {
  if (const auto* record = std::get_if<action::Record>(&action)) {
    if (tripped_) return "I3: a Record after the guard tripped";
    if (Part* part = find(record->id)) part->record_asked = true;
  } else if (const auto* inject = std::get_if<action::Inject>(&action)) {
    return check_start(inject->id);
  } else if (const auto* run = std::get_if<action::RunStep>(&action)) {
    return run->id.kind == PartId::Kind::Failback ? check_failback(run->id) : check_start(run->id);
  } else if (std::holds_alternative<action::Prove>(action) ||
             std::holds_alternative<action::TakeFinalRead>(action)) {
    if (tripped_) return "I3: the drill went on after the guard tripped";
  } else if (const auto* observe = std::get_if<action::Observe>(&action)) {
    if (observe->what == action::Observe::What::Promotion) asked_ = true;
  } else if (const auto* restore = std::get_if<action::Restore>(&action)) {
    return check_restore(*restore);
  } else if (std::holds_alternative<action::WakeAt>(action)) {
    wake_pending_ = true;
  } else if (const auto* finish = std::get_if<action::Finish>(&action)) {
    finished_ = true;
    return check_finish(*finish);
  }
  return std::nullopt;
}

std::optional<std::string> EngineInvariants::check_start(PartId id) {
  Part* part = find(id);
  const auto which = to_string(id);
  if (part == nullptr) return "I2: no such part: " + which;
  if (tripped_) return "I3: begun after the guard tripped: " + which;
  if (restoring_) return "I8: begun after an undo: " + which;
  if (part->changes && !part->durable) return "I1: its undo is not durable: " + which;
  if (part->started) return "I2: begun twice: " + which;
  part->started = true;
  return std::nullopt;
}

std::optional<std::string> EngineInvariants::check_failback(PartId id) {
  Part* part = find(id);
  if (part == nullptr) return "I5: no such part: " + to_string(id);
  if (promoted_ != Seen::Yes && !failback_always_) {
    return "I5: failback without an observed promotion: " + to_string(id);
  }
  restoring_ = true;
  part->started = true;
  return std::nullopt;
}

std::optional<std::string> EngineInvariants::check_restore(const action::Restore& restore) {
  Part* part = find(restore.id);
  const auto which = to_string(restore.id);
  if (part == nullptr || !part->started) return "I6: an undo of what was never begun: " + which;
  if (part->undo == Undo::None) return "I6: there is no undo: " + which;
  if (part->undo == Undo::IfNotPromoted) {
    if (promoted_ == Seen::Yes) return "I4: restored in spite of a promotion: " + which;
    if (!asked_ && can_promote_) return "I4: restored without asking for a promotion: " + which;
  }
  if (restore.attempt <= part->attempt) return "I6: a number of an undo used twice: " + which;
  part->attempt = restore.attempt;
  part->restore_asked = true;
  part->restored = false;
  restoring_ = true;
  return std::nullopt;
}

std::optional<std::string> EngineInvariants::check_finish(const action::Finish& finish) const {
  if (finish.whole != finish.problems.empty()) return "I6: whole is not what the problems say";
  if (!finish.whole) return std::nullopt;
  const bool replaced = promoted_ == Seen::Yes;
  for (const Part& part : parts_) {
    if (!part.started || part.restored) continue;
    const auto which = to_string(part.id);
    if (part.id.kind == PartId::Kind::Failback) {
      if (!part.ok && !part.optional) return "I6: said to be whole, but failback failed: " + which;
    } else if (part.undo == Undo::Always || (part.undo == Undo::IfNotPromoted && !replaced)) {
      return "I6: said to be whole, but not undone: " + which;
    }
  }
  return std::nullopt;
}

}  // namespace drill
