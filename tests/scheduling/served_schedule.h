// A driver of the engine without an edge: drills are names with an end, a crash forgets everything
// but what was written down. Used by the property tests and the fuzzer; every law of the engine is
// checked at every step.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "scheduling/engine.h"

namespace scheduling {

class ServedSchedule {
 public:
  ServedSchedule(Spec spec, Instant now) : spec_(std::move(spec)), state_{now, {}, {}} {}

  /// Decides and acts until it is told to wait. `crash_after`: the process dies so many durable
  /// writes later, before it acts on the last one. Returns false where it died.
  bool serve(Instant now, int crash_after = -1) {
    for (int step = 0; step < 1000; ++step) {
      end_drills(now);
      const Decision decision = decide(spec_, state_, names(), now);
      if (const auto* wait = std::get_if<Wait>(&decision)) {
        wake_ = wait->until;
        return check_wait(*wait, now);
      }
      check(decision, now);
      state_ = state_.with(record_of(decision));
      if (++writes_ % 50 == 0) read_back();
      if (crash_after == 0) return false;
      if (crash_after > 0) --crash_after;
      act(decision, now);
    }
    base::check_failed(__FILE__, __LINE__, "a schedule that never waits");
  }

  /// A drill that somebody else started.
  void run_other(Instant until) { running_["other"] = until; }
  void set_length(Seconds drill, Seconds undo) { length_ = drill, undo_ = undo; }
  const std::set<Instant>& started() const { return started_; }
  /// When it asked to be served again.
  std::optional<Instant> wake() const { return wake_; }
  const State& state() const { return state_; }
  const Spec& spec() const { return spec_; }
  /// How many slots were decided, several at once counted one by one (up to kMissedCounted + 1).
  std::int64_t decided() const { return decided_; }

 private:
  static const Record& record_of(const Decision& decision) {
    if (const auto* start = std::get_if<Start>(&decision)) return start->record;
    if (const auto* skip = std::get_if<Skip>(&decision)) return skip->record;
    return std::get<Replace>(decision).record;
  }

  void check(const Decision& decision, Instant now) {
    const Record& record = record_of(decision);
    CHECK(record.first <= record.slot && record.count >= 1);
    CHECK(record.slot > state_.since && record.slot <= now);
    const bool again = state_.replacing() && *state_.replacing() == record.slot;
    CHECK(again || !state_.decided || record.first > *state_.decided);
    if (!again) decided_ += record.count;
    CHECK(record.outcome == Outcome::Started || record.outcome == Outcome::Replacing ||
          !record.detail.empty());
    if (const auto* start = std::get_if<Start>(&decision)) check_start(start->slot, now);
  }

  void check_start(const Slot& slot, Instant now) {
    CHECK(started_.insert(slot.at).second);  // at most once
    CHECK(!spec_.suspend);
    CHECK(covering(spec_.blackouts, now) == nullptr);
    CHECK(spec_.concurrency == Concurrency::Allow || running_.empty());
    const auto due = spec_.in_blackout == InBlackout::Defer
                         ? end_of_blackout(spec_.blackouts, slot.at)
                         : std::optional(slot.at);
    CHECK(due && now <= *due + spec_.starting_deadline);
    const auto same = next_after(spec_.cron, spec_.zone, slot.at - Seconds(1));
    CHECK(same && same->at == slot.at);
  }

  bool check_wait(const Wait& wait, Instant now) const {
    CHECK(!wait.until || *wait.until > now);
    // Waiting for a slot that is due already needs a reason.
    CHECK(!wait.slot || wait.slot->at > now || !wait.reason.empty());
    return true;
  }

  void act(const Decision& decision, Instant now) {
    if (const auto* start = std::get_if<Start>(&decision)) {
      running_["drill-" + utc_text(start->slot.at)] = now + length_;
    } else if (const auto* replace = std::get_if<Replace>(&decision)) {
      for (const std::string& drill : replace->drills) {
        CHECK(running_.contains(drill));
        running_[drill] = std::min(running_[drill], now + undo_);
      }
    }
  }

  void read_back() {
    const auto read = state_from_json(to_json(state_, spec_.name), spec_.name);
    CHECK(read && *read == state_);
  }

  void end_drills(Instant now) {
    std::erase_if(running_, [now](const auto& drill) { return drill.second <= now; });
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, end] : running_) out.push_back(name);
    return out;
  }

  Spec spec_;
  State state_;
  std::map<std::string, Instant> running_;
  std::set<Instant> started_;
  std::int64_t decided_ = 0;
  std::int64_t writes_ = 0;
  std::optional<Instant> wake_;
  Seconds length_{600}, undo_{30};
};

}  // namespace scheduling
