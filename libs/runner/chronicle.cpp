#include "runner/chronicle.h"

#include <utility>

namespace runner {
namespace {
using Kind = drill::TimelineEvent::Kind;
}  // namespace

drill::Phase phase_named(const std::string& name) {
  for (const drill::Phase phase :
       {drill::Phase::Preflight, drill::Phase::Baseline, drill::Phase::Injection,
        drill::Phase::Recovery, drill::Phase::Validation, drill::Phase::Failback}) {
    if (name == drill::name(phase)) return phase;
  }
  return drill::Phase::Reporting;
}

std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

void Chronicle::note(base::TimePoint now, Kind kind, std::string subject, std::string text) {
  add({now, kind, std::move(subject), std::move(text)});
}

void Chronicle::add(drill::TimelineEvent entry) {
  if (listener_) listener_(entry);
  timeline_.push_back(std::move(entry));
}

void Chronicle::step_began(drill::PartId id, base::TimePoint now) {
  const drill::PartConfig* part = config_.find(id);
  if (part == nullptr || runs_.contains(id))
    return;  // a repeated failback step keeps its first start
  runs_[id] = {part->name, part->phase, part->target, now, base::kNever, false, ""};
  // The first step that changes anything is the decision; the steps before it only look.
  if (id.kind == drill::PartId::Kind::Step && part->changes_target && decided_ == base::kNever) {
    decided_ = now;
  }
}

void Chronicle::step_ended(drill::PartId id, const drill::event::Applied& applied,
                           base::TimePoint now) {
  // A second answer says that it cannot take effect any more, and nothing of how long it took.
  const bool again = open_.erase(id) > 0;
  if (applied.may_land) open_.insert(id);
  const auto run = runs_.find(id);
  if (run == runs_.end() || again) return;
  run->second.ended = now;
  run->second.ok = applied.result == drill::DoResult::Ok;
  run->second.detail = applied.detail;
  if (run->second.ok && run->second.phase == "FailureAssessment" && declared_ == base::kNever) {
    declared_ = now;
  }
}

void Chronicle::event(const drill::Event& event, base::TimePoint now) {
  if (const auto* applied = std::get_if<drill::event::Applied>(&event)) {
    step_ended(applied->id, *applied, now);
  } else if (const auto* proven = std::get_if<drill::event::Proven>(&event)) {
    if (proven->ok && fault_effective_ == base::kNever) fault_effective_ = now;
  }
}

void Chronicle::action(const drill::Action& action, base::TimePoint now) {
  if (const auto* entry = std::get_if<drill::action::Note>(&action)) {
    add(entry->entry);
    if (entry->entry.kind == Kind::PhaseBegan) {
      phase_began_.emplace(phase_named(entry->entry.subject), entry->entry.at);
    } else if (entry->entry.kind == Kind::RedundancyRestored) {
      redundancy_ = entry->entry.at;
    }
  } else if (std::holds_alternative<drill::action::Inject>(action)) {
    if (fault_begun_ == base::kNever) fault_begun_ = now;
  } else if (const auto* step = std::get_if<drill::action::RunStep>(&action)) {
    step_began(step->id, now);
  } else if (const auto* finish = std::get_if<drill::action::Finish>(&action)) {
    finish_ = *finish;
    ended_ = now;
  }
}

void Chronicle::fill(drill::Evidence& evidence) const {
  evidence.timeline = timeline_;
  evidence.phase_began = phase_began_;
  evidence.fault_begun = fault_begun_;
  evidence.fault_effective = fault_effective_;
  evidence.declared = declared_;
  evidence.decided = decided_;
  evidence.redundancy_restored = redundancy_;
  evidence.ended = ended_;
  for (const auto& [id, run] : runs_) {
    (id.kind == drill::PartId::Kind::Step ? evidence.steps : evidence.failback).push_back(run);
  }
  if (finish_) {
    evidence.ending = finish_->ending;
    evidence.ending_reason = finish_->reason;
  }
}

}  // namespace runner
