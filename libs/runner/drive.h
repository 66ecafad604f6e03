// Turns the engine's actions into effects and their answers into events, until Finish. The same
// loop serves a drill and a recovery; what differs is the Edge.
//
// One task per action that has an answer; the tasks of a drive are joined before run() returns, so
// that nothing of a drill outlives it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <stop_token>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/task_group.h"
#include "drill/engine.h"
#include "runner/actuator.h"
#include "runner/chronicle.h"

namespace runner {

/// What a drive needs besides acting on parts.
class Edge {
 public:
  virtual ~Edge() = default;
  virtual aio::Task<drill::event::Preflighted> preflight(std::stop_token stop) = 0;
  /// From now on sample for this purpose.
  virtual void observe(drill::action::Observe::What what) = 0;
  /// Look now. `answers` is filled by the caller.
  virtual aio::Task<drill::event::Observed> look(std::stop_token stop) = 0;
  virtual aio::Task<drill::event::FinalReadDone> final_read(drill::FinalRead::Which which,
                                                            std::stop_token stop) = 0;
};

/// How long a record, a proof or an undo may take for which the engine waits `limit`: a little
/// less, so that what it last saw becomes the reason, and not that there was no answer.
/// `ends_within`: how long it may go on after that, so that no second attempt of an undo is begun
/// beside it.
base::Duration before_the_engine(base::Duration limit, base::Duration ends_within = {});

class Drive {
 public:
  Drive(aio::Clock& clock, const aio::Executor& executor, drill::Engine engine, Actuator& actuator,
        Edge& edge, store::UndoJournal& journal);

  /// All of it will be undone once more: the journal stays open also when everything is.
  void leave_journal_open() { closes_journal_ = false; }

  /// Runs to Finish. There is no way to stop it at once: abort() asks the engine, which undoes.
  aio::Task<drill::action::Finish> run();

  /// Tells the engine something: samples, aborts. Thread: the executor's.
  void post(drill::Event event);
  void abort(drill::AbortReason reason, std::string detail);

  const drill::Engine& engine() const { return engine_; }
  const Chronicle& chronicle() const { return chronicle_; }
  Chronicle& chronicle() { return chronicle_; }

 private:
  void carry_out(const drill::Action& action);
  void start_part(drill::PartId id);
  void start_fault(drill::PartId id);
  void let_go();
  void settle(const drill::Event& event);

  aio::Clock& clock_;
  aio::Executor executor_;
  drill::Engine engine_;
  Actuator& actuator_;
  Edge& edge_;
  store::UndoJournal& journal_;
  bool closes_journal_ = true;
  Chronicle chronicle_;
  aio::TaskGroup tasks_;
  std::unique_ptr<aio::Alarm> alarm_;
  std::deque<drill::Event> queue_;
  aio::Event news_;
  std::map<drill::PartId, std::stop_source> running_;  // Inject and RunStep, by part
  std::map<drill::PartId, std::stop_source> kept_;     // faults that are kept in force
};

}  // namespace runner
