// The state behind drill::Engine; included by engine*.cpp only. Forward half (preflight to
// validation) in engine_forward.cpp, backward half (restoring) in engine_restore.cpp, the deadlines
// in engine_time.cpp, the entry and the bookkeeping that all share in engine.cpp.
//
// One thing is awaited at a time (doing_), always with a deadline (due_). Forward:
//   Preflight -> Baseline -> BaselineCheck -> Recording -> Applying -> Proving
//   -> (Recording -> Applying)* -> Steadying -> Validating
// Applying -> Cancelling on timeout or abort. Backward is not a list of states but a rule,
// restore_next(): do the first thing that is still to be done. It is evaluated again whenever
// something ends, so that a promotion seen late or an injection that lands late changes course.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "drill/engine.h"
#include "drill/engine_invariants.h"

namespace drill {

/// Time from one stamp to another; zero where they are the wrong way round, never an overflow.
Duration elapsed(TimePoint from, TimePoint to);

class Engine::Core {
 public:
  explicit Core(EngineConfig config);
  Core(EngineConfig config, const std::vector<Leftover>& leftovers);

  std::vector<Action> step(const Event& event, TimePoint now);

  Phase phase() const { return phase_; }
  SystemState state() const { return state_; }
  bool finished() const { return doing_ == Doing::Done; }
  const EngineConfig& config() const { return config_; }
  const PartConfig* current() const;

 private:
  enum class Doing : std::uint8_t {
    Waiting,  // for Begin
    Preflight,
    Baseline,
    BaselineCheck,
    Recording,
    Applying,
    Cancelling,
    Proving,
    Steadying,
    Validating,
    FinalReading,
    Asking,         // was a standby promoted?
    AskPause,       // before asking again
    Restoring,      // one Restore
    RestorePause,   // before its next attempt
    FailbackPause,  // before the next attempt of a failback step
    Redundancy,
    RedundancyPause,
    LateResult,  // of a part that was cancelled and has not answered
    Done
  };
  struct Part {
    PartId id;
    PartConfig config;
    bool started = false;   // Inject or RunStep was asked for
    bool answered = false;  // its result came
    bool ok = false;
    bool unknown = false;  // whether it happened is not known
    bool restored = false;
    bool given_up = false;  // its undo failed as often as allowed
    bool again = false;     // its result came while its undo was under way
    std::uint32_t attempts = 0;
    std::uint32_t restores = 0;  // asked for in all; `attempts` begins anew with what is done again
  };

  // engine.cpp
  void on(const event::Begin& event);
  void on(const event::Preflighted& event);
  void on(const event::Recorded& event);
  void on(const event::Applied& event);
  void on(const event::Proven& event);
  void on(const event::Observed& event);
  void on(const event::FinalReadDone& event);
  void on(const event::Restored& event);
  void on(const event::AbortRequested& event);
  void on(const event::Woke& event);
  void enter(Phase phase);
  void enter(SystemState state);
  void note(TimelineEvent::Kind kind, std::string subject, std::string text = {});
  Part* part(PartId id);
  bool forward() const { return phase_ < Phase::Failback; }
  bool any_started() const;

  // engine_time.cpp
  void expire();
  bool expire_forward();
  void expire_backward();
  bool expire_overall();
  void request_wake();
  TimePoint next_due() const;
  void await(Doing doing, Duration at_most);

  // engine_forward.cpp
  void check_baseline(const event::Observed& seen);
  bool prolong_baseline(const event::Observed& seen, Duration steady);
  void next_fault();
  void next_proof();
  void next_step();
  void begin_part(std::size_t index);
  void start_part();
  void forward_result(Part& part, DoResult result, const std::string& detail);
  void fault_result(const Part& part, DoResult result, const std::string& detail);
  void check_steady(const event::Observed& seen);
  void stop(Ending cause, std::string reason, bool cancel_running);

  // engine_restore.cpp
  void begin_restoring();
  void restore_next();
  bool restore_one(Undo rule);
  bool read_next(FinalRead::Which which);
  bool decide_promotion();
  void ask_promotion();
  void promotion_answered(Seen promoted);
  void promotion_unknown();
  bool failback_next();
  void failback_result(Part& part, bool answered, DoResult result, const std::string& detail);
  Duration pause_after(const Part& part) const;
  void restore_failed(Part& part, const std::string& detail);
  void late_result(Part& part);
  void undo_older_again(const Part& part);
  bool redundancy_next();
  void ask_redundancy();
  void check_redundancy(const event::Observed& seen);
  bool await_late_result();
  void not_yet_whole(const event::Observed& seen, bool back);
  bool may_still_promote();
  void list_unrestored();
  void finish();

  EngineConfig config_;
  EngineInvariants invariants_;
  std::vector<Part> parts_;  // faults, then steps; after resume what the journal told
  std::vector<Part> failback_;
  std::size_t fault_count_ = 0;
  Phase phase_ = Phase::Preflight;
  SystemState state_ = SystemState::Normal;
  Doing doing_ = Doing::Waiting;
  bool resumed_ = false;
  bool ruled_out_ = false;  // the process that died found that nothing was promoted

  TimePoint now_{};
  TimePoint due_ = kNever;            // of what is being done
  TimePoint baseline_last_ = kNever;  // when a prolonged baseline must have ended
  TimePoint overall_due_ = kNever;    // while going forward
  TimePoint recovery_due_ = kNever;   // from the first Inject until steady
  TimePoint wake_ = kNever;           // asked for and not yet come
  bool woke_ = false;

  std::size_t at_ = 0;  // the part or failback step in hand
  bool in_failback_step_ = false;
  std::size_t restoring_ = 0;   // the part whose undo is in hand
  std::uint32_t question_ = 0;  // number of the last Observe that wants an answer
  std::uint32_t asks_ = 0;
  TimePoint settled_ = kNever;  // from when on a `no` is believed; kNever: no question yet
  TimePoint fault_begun_ = kNever;
  Seen promoted_ = Seen::Unknown;  // Yes is final
  std::optional<Seen> decision_;   // what the restoring goes by
  Seen redundancy_ = Seen::Unknown;
  TimePoint redundancy_due_ = kNever;
  bool redundancy_done_ = false;
  bool late_done_ = false;  // no result is waited for any more
  std::string last_problem_;
  FinalRead::Which reading_ = FinalRead::Which::Survivor;
  bool read_done_[3] = {false, false, false};
  std::size_t failback_at_ = 0;
  bool failback_stopped_ = false;

  bool aborted_ = false;
  bool stopping_ = false;  // cause_ is decided, a running part is being cancelled
  Ending cause_ = Ending::Completed;
  std::string reason_;
  std::vector<std::string> problems_;
  std::vector<Action> actions_;
};

}  // namespace drill
