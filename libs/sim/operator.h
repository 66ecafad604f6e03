// The parts of a simulated drill: the world that survives a crash (target, disk, what was done)
// and the operator that does not (engine, journal, what is under way).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sim/drill_world.h"

namespace sim {

/// The journal's disk. It can be full from some append on and can kill the process at any write:
/// before it, in the middle of it, before or after the sync.
struct Disk {
  std::string bytes;
  std::size_t synced = 0;  // what a crash surely leaves
  std::uint32_t writes = 0;
  std::optional<std::uint32_t> full_from;
  std::optional<std::uint32_t> crash_at;
};

struct World {
  explicit World(const WorldOptions& options);
  base::TimePoint now() const { return queue.now() + clock_offset; }
  void say(const std::string& line);
  bool trouble() { return random.chance(options.trouble); }

  WorldOptions options;
  base::Random random;
  const Shape& shape;
  /// Something in it cannot be repaired by any undo, however often it is tried.
  bool hopeless = false;
  EventQueue queue;
  Target target;
  Disk disk;
  base::Duration clock_offset{};
  std::optional<base::Duration> abort_after;
  std::optional<base::Duration> clock_jump_after;
  std::map<std::string, int> begun;  // faults and recovery steps, as the target felt them
  std::uint32_t actions = 0;
  std::uint32_t generation = 0;  // of the process: a dead one gets no answers
  bool crashed = false;
  bool finished = false;
  bool proxy_may_be_dead = false;
  bool undos_raced = false;   // one was begun beside another of the same part, which had its time
  bool undo_unnoted = false;  // the disk refused to keep that an undo was begun
  bool recovering = false;
  base::TimePoint away_since = base::kNever;  // the primary, as a failover agent counts
  void tick();
  std::string transcript;
};

class Operator {
 public:
  /// With leftovers it resumes: their undos come from the journal.
  Operator(World& world, std::optional<store::UndoJournal> journal);
  ~Operator();
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  void begin();
  /// The process is dead: what it had begun lands now or never.
  void die();
  bool finished() const { return finish_.has_value(); }
  const drill::action::Finish& finish() const { return *finish_; }

 private:
  struct Work {
    std::uint32_t number = 0;  // of the attempt, so that an old one does not act for a new one
    bool pending = false;
    bool unstoppable = false;  // it lands late in spite of a Cancel; then its answer does come
  };
  struct Undoing {
    std::uint32_t attempt = 0;
    base::TimePoint since{};
  };
  void feed(const drill::Event& event);
  void act(const drill::Action& action);
  void answer(base::Duration delay, drill::Event event);
  void after(base::Duration delay, std::function<void()> what);
  base::Duration delay();

  void on(const drill::action::Preflight& action);
  void on(const drill::action::Record& action);
  void on(const drill::action::Inject& action);
  void on(const drill::action::RunStep& action);
  void on(const drill::action::Cancel& action);
  void on(const drill::action::Prove& action);
  void on(const drill::action::Observe& action);
  void on(const drill::action::TakeFinalRead& action);
  void on(const drill::action::Restore& action);
  void on(const drill::action::WakeAt& action);
  void on(const drill::action::Note& action);
  void on(const drill::action::Finish& action);

  void work_on(drill::PartId id);
  void try_wait(drill::PartId id, std::uint32_t number);
  void land(drill::PartId id, std::uint32_t number, bool reply);
  void strike(drill::PartId id);
  void watch_undo(const drill::action::Restore& action);
  void write_result(const drill::event::Applied& applied);
  void sample();
  drill::event::Observed look(std::uint32_t answers);

  World& world_;
  std::optional<store::UndoJournal> journal_;
  drill::Engine engine_;
  std::map<drill::PartId, Work> work_;
  std::map<drill::PartId, Deed> undos_;
  std::map<drill::PartId, Undoing> undoing_;  // what is under way
  bool sampling_ = false;
  std::uint32_t wakes_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<drill::action::Finish> finish_;
};

/// A new process that undoes what the journal tells; nullptr: it tells of nothing.
std::unique_ptr<Operator> recover(World& world);

}  // namespace sim
