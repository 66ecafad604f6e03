#include "sim/operator.h"

#include <algorithm>

#include <fmt/format.h>

#include "drill/engine_text.h"

namespace sim {

namespace {

/// The file under the real journal.
class SimFile final : public store::JournalFile {
 public:
  explicit SimFile(World& world) : world_(world), generation_(world.generation) {}

  base::Result<> append(std::string_view bytes) override {
    Disk& disk = world_.disk;
    if (dead()) return gone();
    const std::uint32_t number = disk.writes++;
    if (crash(number * 4)) return gone();
    if (disk.full_from && number >= *disk.full_from) {
      disk.bytes += bytes.substr(0, bytes.size() / 3);
      return base::fail(base::Code::ResourceExhausted, "No space left on device");
    }
    if (crash(number * 4 + 1)) {
      disk.bytes += bytes.substr(0, world_.random.below(bytes.size()));
      return gone();
    }
    disk.bytes += bytes;
    if (crash(number * 4 + 2)) return gone();
    return {};
  }
  base::Result<> sync() override {
    if (dead()) return gone();
    world_.disk.synced = world_.disk.bytes.size();
    if (crash((world_.disk.writes - 1) * 4 + 3)) return gone();
    return {};
  }
  base::Result<> truncate(std::uint64_t size) override {
    if (dead()) return gone();
    world_.disk.bytes.resize(size);
    world_.disk.synced = std::min(world_.disk.synced, world_.disk.bytes.size());
    return {};
  }
  base::Result<std::string> read_all() override { return world_.disk.bytes; }

 private:
  bool dead() const { return world_.crashed || generation_ != world_.generation; }
  bool crash(std::uint32_t point) {
    if (world_.recovering || world_.disk.crash_at != point) return false;
    world_.crashed = true;
    return true;
  }
  static tl::unexpected<base::Error> gone() {
    return base::fail(base::Code::Cancelled, "the process is dead");
  }

  World& world_;
  std::uint32_t generation_;
};

drill::Engine engine_of(World& world, const std::optional<store::UndoJournal>& journal) {
  if (!journal) return drill::Engine(world.shape.config);
  auto leftovers = store::leftovers_of(journal->contents());
  return drill::Engine::resume(world.shape.config,
                               leftovers ? std::move(*leftovers) : std::vector<drill::Leftover>{});
}

}  // namespace

World::World(const WorldOptions& of)
    : options(of),
      random(of.seed),
      shape(*of.shape),
      target(shape, {of.day == BadDay::PromotionFails, of.day == BadDay::NeverCatchesUp,
                     of.day == BadDay::RolesUnknown}) {
  const auto no_help = {BadDay::NeverCatchesUp, BadDay::ProxyDies, BadDay::RolesUnknown};
  hopeless = std::find(no_help.begin(), no_help.end(), of.day) != no_help.end();
  if (of.crash && of.crash->where == CrashPoint::Where::Write) disk.crash_at = of.crash->number;
  proxy_may_be_dead = of.day == BadDay::ProxyDies;
}

void World::say(const std::string& line) {
  if (!options.transcript) return;
  transcript += fmt::format("{:9.3f}  {}\n", base::to_seconds(now().time_since_epoch()), line);
}

void World::tick() {
  // The failover agent of an automatic pair: it acts once the primary was away for its patience.
  const bool away = !target.primary_responds();
  away_since = away ? std::min(away_since, queue.now()) : base::kNever;
  if (away && queue.now() - away_since >= base::seconds(4)) {
    target.fail_over_by_itself();
    target.touch(now());
  }
  queue.after(base::seconds(1), [this] { tick(); });
}

std::unique_ptr<Operator> recover(World& world) {
  world.recovering = true;
  world.disk.full_from.reset();  // whoever recovers has made room first
  auto journal = store::UndoJournal::reopen(std::make_unique<SimFile>(world));
  if (!journal || !journal->contents().needs_recovery()) return nullptr;
  auto out = std::make_unique<Operator>(world, std::move(*journal));
  out->begin();
  return out;
}

Operator::Operator(World& world, std::optional<store::UndoJournal> journal)
    : world_(world), journal_(std::move(journal)), engine_(engine_of(world, journal_)) {
  if (!journal_) return;
  for (const auto& entry : journal_->contents().entries) {
    drill::PartId id;
    Deed undo;
    // The undo comes from the disk, as a JSON string.
    const auto& text = entry.record.undo;
    if (drill::parse(entry.record.part, id) && parse(text.substr(1, text.size() - 2), undo)) {
      undos_[id] = undo;
    }
  }
}

Operator::~Operator() {
  *alive_ = false;
}

void Operator::begin() {
  if (!journal_) {
    auto journal = store::UndoJournal::create(std::make_unique<SimFile>(world_), "sim");
    if (journal) journal_.emplace(std::move(*journal));
    if (world_.abort_after) {
      after(*world_.abort_after, [this] {
        const auto reason = static_cast<drill::AbortReason>(world_.random.below(6));
        feed(drill::event::AbortRequested{reason, ""});
      });
    }
    if (world_.clock_jump_after) {
      after(*world_.clock_jump_after, [this] {
        const bool forward = world_.random.chance(0.7);
        world_.clock_offset += forward ? base::seconds(world_.random.between(1, 400))
                                       : base::seconds(-world_.random.between(1, 20));
        world_.say("-- the clock jumps");
        feed(drill::event::Woke{});
      });
    }
  }
  if (!world_.crashed) feed(drill::event::Begin{});
}

void Operator::after(base::Duration delay, std::function<void()> what) {
  world_.queue.after(delay, [this, alive = alive_, what = std::move(what)] {
    if (*alive && !world_.crashed && !finish_) what();
  });
}

base::Duration Operator::delay() {
  return base::millis(1 + static_cast<std::int64_t>(world_.random.exponential(200.0)));
}

void Operator::answer(base::Duration delay, drill::Event event) {
  if (world_.trouble()) {
    if (world_.random.chance(0.5)) return;                         // lost
    after(delay + this->delay(), [this, event] { feed(event); });  // twice
  }
  after(delay, [this, event = std::move(event)] { feed(event); });
}

void Operator::feed(const drill::Event& event) {
  const bool quiet = !world_.options.transcript;
  if (!quiet) world_.say(drill::to_string(event));
  for (const drill::Action& action : engine_.step(event, world_.now())) {
    if (!quiet) world_.say("  -> " + drill::to_string(action));
    const bool counts = !std::holds_alternative<drill::action::Note>(action) &&
                        !std::holds_alternative<drill::action::WakeAt>(action);
    const auto& crash = world_.options.crash;
    const bool dies = counts && !world_.recovering && crash &&
                      crash->where == CrashPoint::Where::Action &&
                      crash->number / 2 == world_.actions;
    if (counts && !world_.recovering) ++world_.actions;
    if (dies && crash->number % 2 == 0) world_.crashed = true;  // before it
    if (world_.crashed) return;
    act(action);
    if (dies) world_.crashed = true;  // as soon as it was begun
    if (world_.crashed) return;
  }
}

void Operator::act(const drill::Action& action) {
  std::visit([this](const auto& a) { on(a); }, action);
}

void Operator::on(const drill::action::Preflight&) {
  const bool ok = journal_.has_value();
  answer(delay(), drill::event::Preflighted{ok, ok ? "" : "the journal cannot be written"});
}

void Operator::on(const drill::action::Record& action) {
  const drill::PartConfig& part = *world_.shape.config.find(action.id);
  const Part& what = world_.shape.part(action.id);
  const Deed undo = what.undo.value_or(world_.target.undo_of(what.deed));
  const store::UndoRecord record{drill::to_string(action.id),
                                 part.name,
                                 to_string(what.deed),
                                 "null",
                                 fmt::format("\"{}\"", to_string(undo)),
                                 drill::name(part.undo),
                                 part.forward_only};
  const auto written = journal_->record(record);
  if (world_.crashed) return;
  undos_[action.id] = undo;
  answer(base::millis(2), drill::event::Recorded{action.id, written.has_value(),
                                                 written ? "" : written.error().message});
}

void Operator::on(const drill::action::Inject& action) {
  work_on(action.id);
}
void Operator::on(const drill::action::RunStep& action) {
  work_on(action.id);
}

void Operator::on(const drill::action::Finish& action) {
  if (action.whole && journal_) (void)journal_->close(true, action.reason);
  if (world_.crashed) return;
  finish_ = action;
}

void Operator::on(const drill::action::Note&) {}

void Operator::on(const drill::action::WakeAt& action) {
  const std::uint32_t number = ++wakes_;
  const auto delay = std::max(action.at - world_.now(), base::Duration::zero());
  after(delay, [this, number] {
    if (number == wakes_) feed(drill::event::Woke{});
  });
}

void Operator::on(const drill::action::TakeFinalRead& action) {
  answer(delay(), drill::event::FinalReadDone{action.which, !world_.trouble(), ""});
}

void Operator::on(const drill::action::Prove& action) {
  Target& target = world_.target;
  const bool struck = target.in_force(world_.shape.part(action.id).deed);
  // Whoever fails over by himself may have mended it already.
  const bool mended = world_.shape.layout.automatic && target.taken_over();
  answer(delay(), drill::event::Proven{action.id, struck || mended, ""});
}

void Operator::on(const drill::action::Observe& action) {
  if (!sampling_) {
    sampling_ = true;
    after(base::seconds(1), [this] { sample(); });
  }
  if (action.number == 0) return;
  after(delay(), [this, number = action.number] {
    if (!world_.trouble()) feed(look(number));
  });
}

void Operator::sample() {
  after(base::seconds(1), [this] { sample(); });
  feed(look(0));
}

drill::event::Observed Operator::look(std::uint32_t answers) {
  Target& target = world_.target;
  drill::event::Observed seen;
  seen.answers = answers;
  seen.service = target.service_good() ? drill::Service::Good : drill::Service::Bad;
  seen.since = target.service_since();
  seen.through = world_.now();
  seen.promoted = target.promoted();
  seen.redundancy = target.redundancy();
  return seen;
}

}  // namespace sim
