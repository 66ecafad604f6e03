#include "sim/drill_world.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/check.h"
#include "drill/engine_text.h"
#include "sim/operator.h"

namespace sim {

namespace {

constexpr std::array kBadDays = {"None",     "PromotionFails", "NeverCatchesUp", "ProxyDies",
                                 "DiskFull", "ClockJumps",     "RolesUnknown"};
constexpr std::uint32_t kEventsMax = 20'000;
constexpr std::uint32_t kRecoveriesMax = 40;

std::size_t changing_parts(const Shape& shape) {
  std::size_t out = 0;
  for (const auto* list : {&shape.config.faults, &shape.config.steps}) {
    for (const auto& part : *list) out += part.changes_target ? 1 : 0;
  }
  return out;
}

/// Anywhere a drill of this plan comes to, as far as its parts tell: each is recorded, done, proven
/// and answered, and some are undone.
CrashPoint crash_of(const Shape& shape, base::Random& random) {
  const std::size_t parts = changing_parts(shape);
  const bool write = random.chance(0.5);
  const std::size_t points = write
                                 ? 4 * (2 + 2 * parts) + 2 * parts
                                 : 2 * (8 + 2 * parts + shape.steps.size() + shape.failback.size());
  return {write ? CrashPoint::Where::Write : CrashPoint::Where::Action,
          static_cast<std::uint32_t>(random.below(points))};
}

/// Draws the seed's own circumstances: when it is aborted, when the disk fills, when clocks jump.
void arrange(World& world, const WorldOptions& options) {
  base::Random& random = world.random;
  if (options.abort_after) world.abort_after = *options.abort_after;
  if (options.day == BadDay::DiskFull) {
    // Early enough to be noticed: the header, then a record and a result of each part.
    const std::size_t appends = 1 + 2 * changing_parts(world.shape);
    world.disk.full_from = static_cast<std::uint32_t>(random.below(appends));
  }
  if (options.day == BadDay::ClockJumps) {
    world.clock_jump_after = base::millis(random.between(0, 40'000));
  }
  world.tick();
  if (options.day == BadDay::ProxyDies) {
    world.queue.after(base::millis(random.between(11'000, 20'000)), [&world] {
      world.target.kill_proxy();
      world.target.touch(world.now());
    });
  }
}

void judge(World& world, WorldResult& result) {
  const auto& finish = result.finish;
  const auto violate = [&](std::string what) { result.violations.push_back(std::move(what)); };
  for (const auto& [part, times] : world.begun) {
    if (times > 1) violate(fmt::format("{} was carried out {} times", part, times));
  }
  if (world.target.revived_old_primary()) violate("an undo revived the old primary");
  if (world.undos_raced) violate("an undo was begun beside one that had not ended");
  result.whole = world.target.whole();
  result.hopeless = world.hopeless;
  result.injected = !world.begun.empty();
  if (!world.finished) return violate("the drill never finished");
  if (finish.whole && !result.whole && !world.proxy_may_be_dead) {
    violate("said to be whole, but the target is not");
  }
  if (!finish.whole && finish.problems.empty()) violate("not whole without a reason");
  if (!result.whole && !world.hopeless) violate("left broken");
}

/// The next process, after a crash or a drill that was not whole; nullptr: nothing to recover.
std::unique_ptr<Operator> next_process(World& world, Operator& last, WorldResult& result) {
  if (world.crashed) {
    last.die();
    // Refused by the disk and then dead: what was found out about the promotion is lost, and the
    // undo may have stopped whom one could ask.
    world.hopeless |= world.undo_unnoted;
    // What was not synced may be there, in part, or not at all.
    Disk& disk = world.disk;
    const std::size_t unsynced = disk.bytes.size() - disk.synced;
    disk.bytes.resize(disk.synced + world.random.below(unsynced + 1));
    ++result.crashes;
  } else {
    result.finish = last.finish();
  }
  world.say(world.crashed ? "-- the process dies; recover" : "-- not whole; recover again");
  world.crashed = false;
  ++result.recoveries;
  ++world.generation;
  return recover(world);
}

}  // namespace

const char* name(BadDay day) {
  return kBadDays[static_cast<std::size_t>(day)];
}

bool concerns(BadDay day, const Shape& shape) {
  const auto promotes = [](const State& state) {
    return std::any_of(state.instances.begin(), state.instances.end(),
                       [](const State::Instance& one) { return one.timeline > 1; });
  };
  switch (day) {
    case BadDay::PromotionFails:
    case BadDay::RolesUnknown: return promotes(shape.last);
    case BadDay::NeverCatchesUp:
      return std::any_of(shape.failback.begin(), shape.failback.end(),
                         [](const Part& step) { return step.deed.verb == Verb::Rejoin; });
    case BadDay::ProxyDies: return !shape.layout.services.empty();
    default: return true;
  }
}

WorldOptions sampled(const std::vector<Shape>& shapes, std::uint64_t seed) {
  base::Random random(seed ^ 0x5EEDULL);
  WorldOptions options;
  options.seed = seed;
  options.shape = &shapes[random.below(shapes.size())];
  const auto day = static_cast<BadDay>(random.below(kBadDayCount));
  options.day = concerns(day, *options.shape) ? day : BadDay::None;
  const double troubles[] = {0.0, 0.02, 0.1};
  options.trouble = troubles[random.below(3)];
  if (random.chance(0.3)) options.abort_after = base::millis(random.between(0, 60'000));
  if (random.chance(0.9)) options.crash = crash_of(*options.shape, random);
  return options;
}

WorldResult run_drill(const WorldOptions& options) {
  CHECK(options.shape != nullptr);
  World world(options);
  arrange(world, options);
  WorldResult result;
  auto muster = std::make_unique<Operator>(world, std::nullopt);
  muster->begin();
  while (muster && result.events++ < kEventsMax) {
    const bool again = muster->finished() && !muster->finish().whole &&
                       result.recoveries < (world.hopeless ? 1 : kRecoveriesMax);
    if (world.crashed || again) {
      muster = next_process(world, *muster, result);
    } else if (muster->finished() || !world.queue.run_one()) {
      break;
    }
  }
  world.finished = !muster || muster->finished();
  if (muster && muster->finished()) result.finish = muster->finish();
  result.actions = world.actions;
  result.writes = world.disk.writes;
  judge(world, result);
  result.transcript = std::move(world.transcript);
  return result;
}

}  // namespace sim
