#include "runner/vantage_dialog.h"

#include <algorithm>

#include <fmt/format.h>

namespace runner {
namespace {

constexpr base::Duration kOften = base::millis(100);
constexpr base::Duration kSeldom = base::seconds(1);
/// So many are made at once: the quickest of them bounds the offset the most.
constexpr std::size_t kFirstExchanges = 20;
/// When there are so many, every second one goes, and of those that come too.
constexpr std::size_t kExchangesMax = 8192;

}  // namespace

void VantageDialog::want(Goal goal) {
  goal_ = std::max(goal_, goal);
}

bool VantageDialog::has(Goal goal) const {
  switch (goal) {
    case Goal::Measuring: return known_ && state_ >= VantageState::Measuring && lost_.empty();
    case Goal::Stopped: return state_ == VantageState::Stopped || state_ == VantageState::Finished;
    case Goal::Received: return bytes_all_ != 0 && bytes_.size() == bytes_all_;
    case Goal::Left: return left_;
  }
  return false;
}

VantageWish VantageDialog::wish() const {
  if (!known_ || !lost_.empty()) return VantageWish::Look;
  switch (state_) {
    case VantageState::Idle: return VantageWish::Begin;
    case VantageState::Measuring:
    case VantageState::Stopped:
      if (goal_ >= Goal::Received) return VantageWish::Finish;
      return goal_ >= Goal::Stopped && state_ == VantageState::Measuring ? VantageWish::StopWriting
                                                                         : VantageWish::Look;
    case VantageState::Finished:
      if (!has(Goal::Received)) return VantageWish::Fetch;
      return goal_ >= Goal::Left ? VantageWish::Leave : VantageWish::Look;
    default: return VantageWish::Look;
  }
}

VantageAsk VantageDialog::next() {
  const std::uint64_t number = last_.number + 1;
  const VantageWish wanted = wish();
  last_ = wanted == VantageWish::Begin ? begin_ : VantageAsk{};
  last_.number = number;
  last_.wish = wanted;
  last_.offset = wanted == VantageWish::Fetch ? bytes_.size() : 0;
  begun_ |= wanted == VantageWish::Begin;
  return last_;
}

base::Duration VantageDialog::pause() const {
  if (wish() != VantageWish::Look) return {};
  const bool waits = state_ == VantageState::Beginning || state_ == VantageState::Stopping ||
                     state_ == VantageState::Finishing;
  return waits || exchanges_.size() < kFirstExchanges ? kOften : kSeldom;
}

base::Result<> VantageDialog::heard(VantageAnswer answer, base::TimePoint asked,
                                    base::TimePoint answered) {
  if (answer.number != last_.number) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("it answers question {}, asked was {}", answer.number, last_.number));
  }
  if (!lost_.empty()) return {};
  if (known_ && answer.run != run_) {
    lose("its process began anew; what it had measured before is gone");
    return {};
  }
  // What it measures was begun by somebody else.
  if (!begun_ && answer.state != VantageState::Idle) {
    lose("it measures already, for another runner");
    return {};
  }
  known_ = true;
  run_ = answer.run;
  if (!answer.place.empty()) place_ = answer.place;
  // A long answer takes its time: it would say little of the clocks.
  if (last_.wish != VantageWish::Fetch) keep({asked, answer.now, answered});
  take(answer);
  return {};
}

void VantageDialog::take(const VantageAnswer& answer) {
  state_ = answer.state;
  trouble_ = answer.why;
  if (state_ == VantageState::Failed) return lose(answer.why.empty() ? "it failed" : answer.why);
  left_ |= last_.wish == VantageWish::Leave;
  if (state_ != VantageState::Finished) return;
  if (answer.bytes == 0) return lose("it has no records");
  const bool fetched = last_.wish == VantageWish::Fetch;
  const bool changed = bytes_all_ != 0 && answer.bytes != bytes_all_;
  const bool over = bytes_.size() + answer.piece.size() > answer.bytes;
  if (changed || (fetched && (answer.piece.empty() || over))) {
    return lose("its records are of another length than it says");
  }
  bytes_all_ = answer.bytes;
  if (fetched) bytes_ += answer.piece;
}

void VantageDialog::keep(drill::ClockExchange exchange) {
  if (made_++ % kept_of_ != 0) return;
  if (exchanges_.size() >= kExchangesMax) {
    kept_of_ *= 2;
    for (std::size_t i = 0; 2 * i < exchanges_.size(); ++i) exchanges_[i] = exchanges_[2 * i];
    exchanges_.resize((exchanges_.size() + 1) / 2);
  }
  exchanges_.push_back(exchange);
}

void VantageDialog::lose(std::string why) {
  if (lost_.empty()) lost_ = std::move(why);
}

}  // namespace runner
