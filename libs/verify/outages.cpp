#include "verify/outages.h"

#include <algorithm>

namespace verify {
namespace {

using drill::Cause;

Duration positive(Duration d) {
  return d < Duration::zero() ? Duration::zero() : d;
}

/// One stream, cut where the watch ends, and the questions about it.
class Finder {
 public:
  Finder(const Stream& stream, const Watch& watch)
      : info_(*stream.info),
        all_(stream.operations),
        watched_(count_before(watch.until)),
        watch_(watch),
        blind_after_(std::max(2 * info_.interval, info_.deadline)) {}

  Outages run() {
    const std::optional<std::size_t> onset = find_onset();
    find_steady(onset);
    find_gap();
    if (onset && *onset < watched_) find_lasting(*onset);
    find_runs(onset);
    return std::move(out_);
  }

 private:
  std::size_t count_before(TimePoint when) const {
    const auto it = std::partition_point(all_.begin(), all_.end(),
                                         [when](const Operation& op) { return op.at < when; });
    return static_cast<std::size_t>(it - all_.begin());
  }

  /// The first bad operation that the fault can have hit: it began later, or was under way then.
  std::optional<std::size_t> find_onset() const {
    const auto hit = [&](const Operation& op) {
      if (!op.bad()) return false;
      if (watch_.fault == kNever || op.at >= watch_.fault) return true;
      return op.done >= watch_.fault && watch_.fault - op.at <= info_.deadline;
    };
    const auto it = std::find_if(all_.begin(), all_.end(), hit);
    if (it == all_.end()) return std::nullopt;
    return static_cast<std::size_t>(it - all_.begin());
  }

  /// Backwards from the onset, or the fault if that came first, to the bad operation before.
  void find_steady(std::optional<std::size_t> onset) {
    const std::size_t end = std::min(onset.value_or(all_.size()), count_before(watch_.fault));
    std::vector<std::size_t> good;
    for (std::size_t i = end; i-- > 0 && !all_[i].bad();) {
      if (all_[i].good()) good.push_back(i);
    }
    if (good.empty()) return;
    out_.steady_until = all_[good.front()].at;
    out_.steady_from = all_[good.back()].at;
    Duration pause{};
    for (std::size_t k = 0; k < good.size(); ++k) {
      out_.slowest = std::max(out_.slowest, all_[good[k]].latency);
      if (k == 0) continue;
      const TimePoint later = all_[good[k - 1]].at;
      if (out_.steady_until - later < watch_.hold)
        pause = std::max(pause, later - all_[good[k]].at);
    }
    out_.steady = out_.steady_until - out_.steady_from + info_.interval >= watch_.hold &&
                  pause <= blind_after_;
  }

  Duration longest_pause(std::size_t from, std::size_t end, TimePoint until) const {
    Duration pause{};
    TimePoint last = all_[from].at;
    for (std::size_t i = from + 1; i < end && last <= until; ++i) {
      if (all_[i].word == Word::Nothing) continue;
      pause = std::max(pause, all_[i].at - last);
      last = all_[i].at;
    }
    return pause;
  }

  void find_gap() {
    for (std::size_t i = 0; i < watched_; ++i) {
      if (all_[i].word == Word::Nothing || all_[i].at < out_.steady_from) continue;
      out_.gap = longest_pause(i, all_.size(), watch_.until);
      return;
    }
  }

  std::optional<std::size_t> next_good(std::size_t after, std::size_t end) const {
    for (std::size_t i = after + 1; i < end; ++i) {
      if (all_[i].good()) return i;
    }
    return std::nullopt;
  }

  /// Bounds of what lies between two bad operations (measurement.md §2).
  Outage measure(std::size_t first, std::size_t last, std::size_t end) const {
    Outage out;
    out.first = first;
    out.last = last;
    for (std::size_t i = first; i-- > 0;) {
      if (all_[i].word == Word::Nothing) continue;
      if (all_[i].good()) out.good_before = i;
      break;
    }
    out.good_after_first = next_good(first, end);
    out.good_after_last = next_good(last, end);
    std::optional<std::size_t> second;
    for (std::size_t i = first; i <= last; ++i) {
      if (!all_[i].bad()) continue;
      ++out.bad;
      if (i > first && !second) second = i;
    }
    out.away_from_early = all_[out.good_before.value_or(first)].at;
    out.away_from_late = all_[first].done;
    if (second) out.away_from_late = std::min(out.away_from_late, all_[*second].at + out_.slowest);
    if (out.away_from_late == kNever) out.away_from_late = all_[last].at;
    out.away_until = away_until(out, out_.slowest);
    out.users.lower = all_[last].at - all_[first].at;
    out.service.lower = positive(out.away_until - out.away_from_late);
    bound_above(out);
    return out;
  }

  void bound_above(Outage& out) const {
    out.users.upper = out.service.upper = std::nullopt;
    if (!out.good_before || !out.good_after_last) return;
    const Operation& back = all_[*out.good_after_last];
    out.users.upper = back.at - out.away_from_early;
    out.service.upper = back.done - out.away_from_early;
  }

  /// A bad operation says "away" of its own moment; a blocked one only of an earlier operation's.
  TimePoint away_until(const Outage& outage, Duration latency) const {
    const Operation& last = all_[outage.last];
    if (last.record->cause != Cause::Blocked) return last.at;
    std::vector<std::size_t> earlier;  // bad ones, latest first
    std::optional<std::size_t> unblocked;
    for (std::size_t i = outage.last; i-- > outage.first && !unblocked;) {
      if (!all_[i].bad()) continue;
      earlier.push_back(i);
      if (all_[i].record->cause != Cause::Blocked) unblocked = i;
    }
    const TimePoint blocked = all_[earlier.empty() ? outage.first : earlier.front()].at - latency;
    return unblocked ? std::max(all_[*unblocked].at, blocked) : blocked;
  }

  /// The operation with which S of nothing but good ones begins, and the last bad one before it.
  struct Return {
    std::size_t last_bad = 0;
    std::optional<std::size_t> held;
  };
  Return find_return(std::size_t first) const {
    Return out{first, std::nullopt};
    std::optional<std::size_t> good;
    TimePoint seen_until = all_[first].at;
    for (std::size_t i = first + 1; i < watched_; ++i) {
      const Operation& op = all_[i];
      if (op.word == Word::Nothing) continue;
      if (good && op.at - all_[*good].at > watch_.hold) {
        out.held = good;
        return out;
      }
      seen_until = op.at;
      if (op.bad()) {
        out.last_bad = i;
        good.reset();
      } else if (!good) {
        good = i;
      }
    }
    // The watch ended: it held if the next operation would have been due after S.
    if (good && seen_until + info_.interval - all_[*good].at >= watch_.hold) out.held = good;
    return out;
  }

  void find_lasting(std::size_t first) {
    while (first < watched_) {
      const Return back = find_return(first);
      Outage outage = measure(first, back.last_bad, watched_);
      outage.good_after_last = back.held;
      bound_above(outage);
      if (outage.good_before) {
        outage.blind = all_[first].at - all_[*outage.good_before].at > blind_after_;
      }
      if (back.held) judge_return(outage);
      out_.lasting.push_back(outage);
      if (!back.held) return;
      first = *back.held;
      while (first < watched_ && !all_[first].bad()) ++first;
    }
  }

  void judge_return(Outage& outage) const {
    const TimePoint until = all_[*outage.good_after_last].at + watch_.hold;
    outage.blind |= longest_pause(outage.last, watched_, until) > blind_after_;
    Duration slowest = out_.slowest;
    for (std::size_t i = *outage.good_after_last; i < watched_ && all_[i].at <= until; ++i) {
      if (all_[i].good()) slowest = std::max(slowest, all_[i].latency);
    }
    outage.away_until = away_until(outage, slowest);
    outage.service.lower = positive(outage.away_until - outage.away_from_late);
  }

  void find_runs(std::optional<std::size_t> onset) {
    std::size_t i = 0;
    while (i < all_.size()) {
      if (!all_[i].bad()) {
        ++i;
        continue;
      }
      std::size_t last = i;
      std::size_t next = i;
      for (; next < all_.size() && !all_[next].good(); ++next) {
        if (all_[next].bad()) last = next;
      }
      out_.runs.push_back(measure(i, last, all_.size()));
      const Interval& users = out_.runs.back().users;
      if (onset && i >= *onset && all_[i].at < watch_.until) {
        out_.downtime.lower += users.lower;
        if (!users.upper) out_.downtime.upper.reset();
        if (out_.downtime.upper) *out_.downtime.upper += *users.upper;
      }
      i = next;
    }
  }

  const drill::StreamInfo& info_;
  const std::vector<Operation>& all_;
  std::size_t watched_;
  const Watch& watch_;
  Duration blind_after_;
  Outages out_;
};

}  // namespace

Outages find_outages(const Stream& stream, const Watch& watch) {
  return Finder(stream, watch).run();
}

}  // namespace verify
