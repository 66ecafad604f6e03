#include "scheduling/engine.h"

#include <algorithm>

#include <fmt/format.h>

namespace scheduling {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string length(Seconds seconds) {
  return base::human(seconds);
}

/// One decision: what every rule looks at.
class Deciding {
 public:
  Deciding(const Spec& spec, const State& state, const std::vector<std::string>& running,
           Instant now)
      : spec_(spec), state_(state), running_(running), now_(now) {}

  Decision decide() {
    const Instant begin = std::max(state_.decided.value_or(state_.since), state_.since);
    const auto newest = last_within(spec_.cron, spec_.zone, begin, now_);
    if (const auto replacing = state_.replacing()) {
      if (newest) return superseded(*replacing, *newest);
      return replace_when_free(*replacing);
    }
    if (!newest) return idle(begin);
    const auto first = next_after(spec_.cron, spec_.zone, begin);
    if (first && first->at < newest->at) return missed(*first, *newest);
    return due(*newest);
  }

 private:
  /// A slot in a blackout is due when that ends, if it is deferred at all.
  std::optional<Instant> due_instant(Instant slot) const {
    if (spec_.in_blackout == InBlackout::Skip) return slot;
    return end_of_blackout(spec_.blackouts, slot);
  }

  Record record(Outcome outcome, Instant slot, std::string detail = "") const {
    return {outcome, slot, slot, 1, now_, std::move(detail)};
  }

  std::string running_text() const {
    return fmt::format("{} {} still running", join(running_), running_.size() == 1 ? "is" : "are");
  }

  Decision idle(Instant begin) const {
    Wait wait;
    wait.slot = next_after(spec_.cron, spec_.zone, std::max(begin, now_));
    if (wait.slot) wait.until = wait.slot->at;
    if (begin > now_) {
      wait.clock_behind = begin - now_;
      wait.reason = fmt::format("slots up to {} are decided already", utc_text(begin));
    }
    return wait;
  }

  Decision superseded(Instant replacing, const Slot& newest) const {
    return Skip{record(Outcome::Missed, replacing,
                       fmt::format("the slot of {} was due before {} had undone everything",
                                   utc_text(newest.at), join(running_)))};
  }

  Decision replace_when_free(Instant replacing) const {
    const auto slot = next_after(spec_.cron, spec_.zone, replacing - Seconds(1));
    const Slot this_one = slot && slot->at == replacing
                              ? *slot
                              : Slot{replacing, spec_.zone.local(replacing), Slot::Clock::Plain};
    if (now_ < replacing) {
      return Wait{replacing, this_one, "the clock was put back before the slot", replacing - now_};
    }
    if (spec_.suspend) return Skip{record(Outcome::Suspended, replacing, "suspended")};
    const Instant due_at = due_instant(replacing).value_or(replacing);
    if (now_ > due_at + spec_.starting_deadline) {
      return Skip{record(Outcome::TooLate, replacing,
                         fmt::format("the drill it replaces had not undone everything {} after it "
                                     "was due",
                                     length(spec_.starting_deadline)))};
    }
    if (const Blackout* window = covering(spec_.blackouts, now_)) {
      return Skip{record(Outcome::Blackout, replacing,
                         fmt::format("blackout {} began before the drill it replaces had undone "
                                     "everything",
                                     window->name))};
    }
    if (!running_.empty()) {
      return Wait{next_look(due_at), this_one,
                  "replaces " + join(running_) + ", which undoes everything first", Seconds(0)};
    }
    return Start{this_one, record(Outcome::Started, replacing)};
  }

  Decision missed(const Slot& first, const Slot& newest) const {
    const auto last =
        last_within(spec_.cron, spec_.zone, first.at - Seconds(1), newest.at - Seconds(1));
    Record out = record(Outcome::Missed, last->at);
    out.first = first.at;
    for (auto slot = next_after(spec_.cron, spec_.zone, first.at);
         slot && slot->at < newest.at && out.count <= kMissedCounted;
         slot = next_after(spec_.cron, spec_.zone, slot->at)) {
      ++out.count;
    }
    out.detail = fmt::format("the slot of {} was due before {} could start", utc_text(newest.at),
                             out.count == 1 ? "it" : "they");
    return Skip{std::move(out)};
  }

  /// The newest slot that is due and not decided.
  Decision due(const Slot& slot) const {
    if (spec_.suspend) return Skip{record(Outcome::Suspended, slot.at, "suspended")};
    const Blackout* at_slot = covering(spec_.blackouts, slot.at);
    const Blackout* here = covering(spec_.blackouts, now_);
    if (spec_.in_blackout == InBlackout::Skip && at_slot != nullptr) {
      return Skip{record(Outcome::Blackout, slot.at, "blackout " + at_slot->name)};
    }
    const auto due_at = due_instant(slot.at);
    if (!due_at) {
      return Skip{record(Outcome::Blackout, slot.at,
                         fmt::format("blackout {} does not end", at_slot->name))};
    }
    const bool late = now_ > *due_at + spec_.starting_deadline;
    if (late) return too_late(slot, *due_at, here);
    if (here != nullptr) return in_blackout(slot, *due_at, *here);
    if (running_.empty() || spec_.concurrency == Concurrency::Allow) {
      return Start{slot, record(Outcome::Started, slot.at)};
    }
    if (spec_.concurrency == Concurrency::Replace) {
      return Replace{slot, record(Outcome::Replacing, slot.at, "replaces " + join(running_)),
                     running_};
    }
    return Wait{next_look(*due_at), slot, running_text(), Seconds(0)};
  }

  Decision too_late(const Slot& slot, Instant due_at, const Blackout* here) const {
    if (spec_.concurrency == Concurrency::Forbid && !running_.empty()) {
      return Skip{
          record(Outcome::StillRunning, slot.at,
                 fmt::format("{} {} after it was due", running_text(), length(now_ - due_at)))};
    }
    if (here != nullptr) {
      return Skip{record(Outcome::Blackout, slot.at,
                         fmt::format("blackout {} began before it could start", here->name))};
    }
    return Skip{record(Outcome::TooLate, slot.at,
                       fmt::format("{} late; startingDeadlineSeconds allows {}",
                                   length(now_ - due_at), length(spec_.starting_deadline)))};
  }

  /// The slot is due and may still start in time, and now no drill may.
  Decision in_blackout(const Slot& slot, Instant due_at, const Blackout& here) const {
    if (spec_.in_blackout == InBlackout::Skip) {
      return Skip{record(Outcome::Blackout, slot.at,
                         fmt::format("blackout {} began before it could start", here.name))};
    }
    const auto end = end_of_blackout(spec_.blackouts, now_);
    Instant until = next_look(due_at);
    if (end) until = std::min(until, *end);
    return Wait{until, slot, "deferred by blackout " + here.name, Seconds(0)};
  }

  /// When a slot that waits is looked at again without an event: its deadline, or the next slot.
  Instant next_look(Instant due_at) const {
    const Instant expires = due_at + spec_.starting_deadline + Seconds(1);
    const auto next = next_after(spec_.cron, spec_.zone, now_);
    return next ? std::min(expires, next->at) : expires;
  }

  const Spec& spec_;
  const State& state_;
  const std::vector<std::string>& running_;
  Instant now_;
};

std::string clock_reason(const Slot& slot) {
  switch (slot.clock) {
    case Slot::Clock::Plain: break;
    case Slot::Clock::AfterGap:
      return fmt::format("the clock is put forward over {}: right after the gap",
                         text_of(slot.nominal).substr(0, 16));
    case Slot::Clock::FirstOfTwo: return "comes twice, as the clock is put back: the first";
    case Slot::Clock::SecondOfTwo: return "comes twice, as the clock is put back: the second";
  }
  return "";
}

Upcoming expected(const Spec& spec, const Slot& slot) {
  Upcoming out{slot, slot.at, clock_reason(slot)};
  const Blackout* window = covering(spec.blackouts, slot.at);
  if (spec.suspend) {
    out.starts.reset();
    out.reason = "skipped: suspended";
  } else if (window != nullptr && spec.in_blackout == InBlackout::Skip) {
    out.starts.reset();
    out.reason = "skipped: blackout " + window->name;
  } else if (window != nullptr) {
    out.starts = end_of_blackout(spec.blackouts, slot.at);
    out.reason = out.starts ? fmt::format("deferred to {}: blackout {}",
                                          text_of(*out.starts, spec.zone), window->name)
                            : "skipped: blackout " + window->name + " does not end";
    const auto next = next_after(spec.cron, spec.zone, slot.at);
    if (out.starts && next && next->at <= *out.starts) {
      out.starts.reset();
      out.reason = fmt::format("skipped: blackout {}, and the next slot is due before it ends",
                               window->name);
    }
  }
  return out;
}

}  // namespace

Decision decide(const Spec& spec, const State& state, const std::vector<std::string>& running,
                Instant now) {
  return Deciding(spec, state, running, now).decide();
}

std::vector<std::string> beyond_limits(const Spec& spec, std::vector<PastDrill> past) {
  std::sort(past.begin(), past.end(), [](const PastDrill& a, const PastDrill& b) {
    return a.slot != b.slot ? a.slot > b.slot : a.id > b.id;
  });
  std::int64_t kept_successful = 0;
  std::int64_t kept_failed = 0;
  std::vector<std::string> out;
  for (const PastDrill& drill : past) {
    std::int64_t& kept = drill.successful ? kept_successful : kept_failed;
    const auto& limit = drill.successful ? spec.successful_limit : spec.failed_limit;
    if (limit && kept >= *limit) {
      out.push_back(drill.id);
    } else {
      ++kept;
    }
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Upcoming> upcoming(const Spec& spec, Instant from, std::size_t count) {
  std::vector<Upcoming> out;
  for (auto slot = next_after(spec.cron, spec.zone, from); slot && out.size() < count;
       slot = next_after(spec.cron, spec.zone, slot->at)) {
    out.push_back(expected(spec, *slot));
  }
  return out;
}

}  // namespace scheduling
