// Any sequence of events, in any order, at any time: the engine keeps its promises (it checks them
// itself, see engine_invariants.h), and from wherever it is the deadlines alone lead to Finish.
// The first bytes choose the plan; each further byte an event. Most are answers to what the engine
// asked last, right or wrong, for else a drill would hardly get beyond its preflight.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.h"
#include "drill/engine.h"

namespace drill {
namespace {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : at_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  std::uint8_t next() {
    if (left_ == 0) return 0;
    --left_;
    return *at_++;
  }
  template <class Enum>
  Enum pick(std::uint8_t count) {
    return static_cast<Enum>(next() % count);
  }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
};

PartConfig part_of(Bytes& bytes, bool fault) {
  const std::uint8_t b = bytes.next();
  PartConfig part;
  part.name = fault ? "fault" : "step";
  part.timeout = base::seconds(5);
  part.undo = static_cast<Undo>(fault ? 1 + b % 2 : b % 3);
  part.changes_target = fault || part.undo != Undo::None || (b & 8) != 0;
  part.forward_only = part.changes_target && (b & 16) != 0;
  if ((b & 32) != 0) part.on_failure = OnFailure::Continue;
  return part;
}

EngineConfig config_of(Bytes& bytes) {
  const std::uint8_t b = bytes.next();
  EngineConfig config;
  config.mode = (b & 1) != 0 ? Mode::Observe : Mode::Orchestrate;
  config.can_promote = (b & 2) == 0;
  config.failback_always = (b & 4) != 0;
  config.watch_redundancy = (b & 8) == 0;
  config.final_reads = (b & 16) == 0;
  config.isolated_cross_check = (b & 32) != 0;
  config.timing.baseline = base::seconds(10);
  config.timing.validation = base::seconds(10);
  for (int i = 0; i <= (b >> 6); ++i) config.faults.push_back(part_of(bytes, true));
  const std::uint8_t counts = bytes.next();
  for (int i = 0; i < counts % 4; ++i) config.steps.push_back(part_of(bytes, false));
  for (int i = 0; i < counts / 4 % 3; ++i) config.failback.push_back(part_of(bytes, false));
  return config;
}

PartId part_id(Bytes& bytes) {
  return {bytes.pick<PartId::Kind>(3), static_cast<std::uint32_t>(bytes.next() % 4)};
}

/// What the engine asked last and when it wants to be woken.
struct Asked {
  TimePoint wake = kNever;
  std::optional<Action> last;
  std::uint32_t number = 0;
  bool finished = false;
  void take(const std::vector<Action>& actions) {
    CHECK(!finished || actions.empty());
    for (const Action& action : actions) {
      if (const auto* wake_at = std::get_if<action::WakeAt>(&action)) {
        wake = wake_at->at;
      } else if (!std::holds_alternative<action::Note>(action)) {
        last = action;
      }
      if (const auto* observe = std::get_if<action::Observe>(&action)) number = observe->number;
      finished = finished || std::holds_alternative<action::Finish>(action);
    }
  }
};

event::Observed observed(Bytes& bytes, TimePoint now, std::uint32_t answers) {
  event::Observed seen;
  seen.answers = answers;
  seen.service = bytes.pick<Service>(3);
  const std::uint8_t b = bytes.next();
  seen.through = now;
  seen.since = now - base::seconds(b % 16);
  if (b == 255) seen.since = kNever;
  if (b == 254) seen.since = TimePoint::min();
  seen.promoted = bytes.pick<Seen>(3);
  seen.redundancy = bytes.pick<Seen>(3);
  return seen;
}

struct Reply {
  Bytes& bytes;
  TimePoint now;
  Event operator()(const action::Preflight&) { return event::Preflighted{good(), ""}; }
  Event operator()(const action::Record& a) { return event::Recorded{a.id, good(), ""}; }
  Event operator()(const action::Inject& a) { return event::Applied{a.id, result(), ""}; }
  Event operator()(const action::RunStep& a) { return event::Applied{a.id, result(), ""}; }
  Event operator()(const action::Cancel& a) { return event::Applied{a.id, result(), ""}; }
  Event operator()(const action::Prove& a) { return event::Proven{a.id, good(), ""}; }
  Event operator()(const action::Observe& a) { return observed(bytes, now, a.number); }
  Event operator()(const action::TakeFinalRead& a) {
    return event::FinalReadDone{a.which, good(), ""};
  }
  Event operator()(const action::Restore& a) {
    return event::Restored{a.id, a.attempt, good(), ""};
  }
  template <class Other>
  Event operator()(const Other&) {
    return event::Woke{};
  }
  bool good() { return bytes.next() % 8 != 0; }
  DoResult result() {
    const std::uint8_t b = bytes.next();
    return b % 8 != 0 ? DoResult::Ok : b % 16 == 0 ? DoResult::Failed : DoResult::Unknown;
  }
};

Event anything(Bytes& bytes, TimePoint now) {
  switch (bytes.next() % 9) {
    case 0: return event::Begin{};
    case 1: return event::Preflighted{bytes.next() % 2 == 0, ""};
    case 2: return event::Recorded{part_id(bytes), bytes.next() % 2 == 0, ""};
    case 3: {
      const PartId id = part_id(bytes);
      const std::uint8_t b = bytes.next();
      return event::Applied{id, static_cast<DoResult>(b % 3), "", b >= 128};
    }
    case 4: return event::Proven{part_id(bytes), bytes.next() % 2 == 0, ""};
    case 5: return observed(bytes, now, bytes.next() % 8);
    case 6: return event::FinalReadDone{bytes.pick<FinalRead::Which>(3), true, ""};
    case 7: return event::Restored{part_id(bytes), bytes.next() % 4U, bytes.next() % 2 == 0, ""};
    default: return event::AbortRequested{bytes.pick<AbortReason>(6), ""};
  }
}

Event next_event(Bytes& bytes, const Asked& asked, TimePoint& now) {
  const std::uint8_t choice = bytes.next();
  now += base::millis(bytes.next() * 4);
  if (choice >= 250) now -= base::seconds(20);  // the engine must not mind
  if (choice % 16 < 9 && asked.last) return std::visit(Reply{bytes, now}, *asked.last);
  if (choice % 16 < 12 && asked.wake != kNever) {
    now = std::max(now, asked.wake);
    return event::Woke{};
  }
  if (choice % 16 < 14) return observed(bytes, now, asked.number);
  return anything(bytes, now);
}

Engine engine_of(Bytes& bytes) {
  EngineConfig config = config_of(bytes);
  const std::uint8_t left = bytes.next();
  if (left % 8 != 0) return Engine(std::move(config));
  std::vector<Leftover> leftovers;
  for (int i = 0; i < left / 64; ++i) {
    leftovers.push_back({part_id(bytes), "left", bytes.pick<Undo>(3), bytes.next() % 2 == 0,
                         bytes.next() % 4 == 0});
  }
  return Engine::resume(std::move(config), std::move(leftovers));
}

void run(Bytes bytes) {
  Engine engine = engine_of(bytes);
  Asked asked;
  TimePoint now{};
  asked.take(engine.step(event::Begin{}, now));
  while (!bytes.empty()) {
    const Event event = next_event(bytes, asked, now);
    asked.take(engine.step(event, now));
  }
  // From here on nobody answers.
  for (int wakes = 0; !asked.finished; ++wakes) {
    CHECK(wakes < 2'000);
    CHECK(asked.wake != kNever);
    now = std::max(now, asked.wake);
    asked.take(engine.step(event::Woke{}, now));
  }
  CHECK(engine.finished());
}

}  // namespace
}  // namespace drill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drill::run(drill::Bytes(data, size));
  return 0;
}
