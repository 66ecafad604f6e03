// The runner's side of the talk with another vantage: what to ask next, what an answer means, what
// has been received. It survives every connection: a new one goes on where the last one ended.
//
// A vantage is lost, once and for good, when its figures can be no part of this drill: it failed,
// its process began anew, it could not be told in time to stop writing before the ledger was read.
// That costs the drill its figures and nothing else (ADR 15). Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "drill/evidence.h"
#include "runner/vantage_words.h"

namespace runner {

class VantageDialog {
 public:
  /// How far it is to come.
  enum class Goal : std::uint8_t { Measuring, Stopped, Received, Left };

  /// `begin`: what it is to be told.
  explicit VantageDialog(VantageAsk begin) : begin_(std::move(begin)) {}

  /// Never back.
  void want(Goal goal);
  bool has(Goal goal) const;

  /// The next question.
  VantageAsk next();
  /// How long to wait before it.
  base::Duration pause() const;
  /// An answer, and when its question was sent and the answer received.
  /// Errors: InvalidArgument: it is no answer to the last question. The connection is of no use.
  base::Result<> heard(VantageAnswer answer, base::TimePoint asked, base::TimePoint answered);

  void lose(std::string why);
  /// Why it is lost; empty: it is not.
  const std::string& lost() const { return lost_; }
  /// What its figures suffer from, as it says itself.
  const std::string& trouble() const { return trouble_; }
  const std::string& place() const { return place_; }
  const std::vector<drill::ClockExchange>& exchanges() const { return exchanges_; }
  /// The records, when they were received.
  const std::string& bytes() const { return bytes_; }

 private:
  VantageWish wish() const;
  void keep(drill::ClockExchange exchange);
  void take(const VantageAnswer& answer);

  VantageAsk begin_;
  Goal goal_ = Goal::Measuring;
  VantageAsk last_;
  bool known_ = false;  // it has answered
  bool begun_ = false;  // it was told to
  bool left_ = false;
  std::string run_, place_, trouble_, lost_, bytes_;
  VantageState state_ = VantageState::Idle;
  std::uint64_t bytes_all_ = 0;
  std::vector<drill::ClockExchange> exchanges_;
  std::size_t made_ = 0, kept_of_ = 1;  // how many there were; of so many one is kept
};

}  // namespace runner
