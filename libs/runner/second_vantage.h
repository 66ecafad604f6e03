// The runner's driver of another vantage (vantage_dialog.h says what is said): keeps a link to it,
// makes a new one whenever it breaks, and compares the clocks all the while. The vantage measures
// on without a link; the drill does too. Nothing that goes wrong here is an error of the drill: it
// becomes the reason for which the vantage has no figures, and a warning in the timeline.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/task_group.h"
#include "drill/evidence.h"
#include "runner/link.h"
#include "runner/vantage_dialog.h"

namespace runner {

class SecondVantage {
 public:
  struct Times {
    base::Duration answer = base::seconds(10);  // to a question, and to a connection
    base::Duration again = base::seconds(1);    // between connections
    base::Duration begin = base::seconds(20);   // until it measures
    base::Duration stop = base::seconds(45);    // until it writes no more: acknowledgements are
                                                // awaited for 30 s
    base::Duration finish = base::seconds(90);  // until its records are here
    // Before the ledger is read, besides what the clocks are apart.
    base::Duration settle = base::millis(50);
  };
  /// What people should know; `bad`: a warning.
  using Tell = std::function<void(bool bad, const std::string& text)>;

  /// `begin`: what it is told. Lifetime: the clock outlives it.
  SecondVantage(aio::Clock& clock, const aio::Executor& executor, Connect connect, VantageAsk begin,
                Tell tell, Times times);
  SecondVantage(aio::Clock& clock, const aio::Executor& executor, Connect connect, VantageAsk begin,
                Tell tell)
      : SecondVantage(clock, executor, std::move(connect), std::move(begin), std::move(tell),
                      Times{}) {}
  /// finish() first, if it was begun.

  /// Waits until it measures, for so long and no longer. Once.
  aio::Task<> begin(std::stop_token stop);
  /// From now on it is told to; written() waits until it has.
  void stop_writing();
  /// Before the ledger is read: it writes no more, or it counts no more.
  aio::Task<> written(std::stop_token stop);
  /// From now on it is told to; into() waits.
  void finish();
  /// Ends everything and adds what the vantage measured, or why it has no figures, to the evidence.
  aio::Task<> into(drill::Evidence& evidence);

 private:
  using Goal = VantageDialog::Goal;
  aio::Task<base::Result<>> run(std::stop_token stop);
  aio::Task<base::Result<>> talk(Link& link, std::stop_token stop);
  aio::Task<base::Result<>> ask(Link& link, LinkLines& lines, std::stop_token stop);
  aio::Task<bool> reach(Goal goal, base::TimePoint until, std::stop_token stop);
  bool done() const { return !dialog_.lost().empty() || dialog_.has(Goal::Left); }
  /// By how much later a read has to begin than the last acknowledgement, for its stamps to show it
  /// although the two clocks are only so well known.
  base::Duration settling() const;
  void want(Goal goal);
  void lose(const std::string& why);
  void note();
  void broken(const std::string& why);

  aio::Clock& clock_;
  aio::Executor executor_;
  Connect connect_;
  std::string drill_;
  std::size_t vantage_;
  VantageDialog dialog_;
  Tell tell_;
  Times times_;
  aio::Event changed_;  // something was heard
  aio::Event news_;     // something is to be asked
  aio::TaskGroup group_;
  base::TimePoint asked_to_stop_ = base::kNever;
  std::string unreachable_;  // why there is no link; empty: there is
  std::string trouble_;      // as it was told
  bool told_lost_ = false, told_place_ = false;
};

}  // namespace runner
