// b0, g1, g* and the bounds that follow from them.
#include "drill/outage.h"

#include <algorithm>

#include <fmt/format.h>

namespace drill {
namespace {

using Seen = std::span<const Observation>;

/// The service went away before this: the first bad operation had failed by then, or the second one
/// would have been answered.
TimePoint away_by(Seen seen, std::size_t first_bad, std::size_t last_bad, Duration delta) {
  TimePoint by = seen[first_bad].completed;
  for (std::size_t i = first_bad + 1; i <= last_bad; ++i) {
    if (seen[i].sight != Sight::Bad) continue;
    by = std::min(by, seen[i].invoked + delta);
    break;
  }
  return by == kNever ? seen[last_bad].invoked : by;
}

/// The service was away at least until this. A blocked operation only says that an earlier one was
/// still unanswered, so it speaks of a moment up to one latency earlier.
TimePoint away_at_least_until(Seen seen, std::size_t first_bad, std::size_t last_bad,
                              Duration latency) {
  if (seen[last_bad].cause != Cause::Blocked) return seen[last_bad].invoked;
  std::optional<std::size_t> before;
  for (std::size_t i = last_bad; i-- > first_bad;) {
    if (seen[i].sight != Sight::Bad) continue;
    if (!before) before = i;
    if (seen[i].cause == Cause::Blocked) continue;
    return std::max(seen[i].invoked, seen[*before].invoked - latency);
  }
  return (before ? seen[*before].invoked : seen[first_bad].invoked) - latency;
}

std::optional<std::size_t> neighbour_before(Seen seen, std::size_t index) {
  while (index-- > 0) {
    if (seen[index].sight == Sight::Good) return index;
    if (seen[index].sight == Sight::Bad) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::size_t> good_after(Seen seen, std::size_t index) {
  for (++index; index < seen.size(); ++index) {
    if (seen[index].sight == Sight::Good) return index;
  }
  return std::nullopt;
}

Duration not_negative(Duration duration) {
  return std::max(duration, Duration::zero());
}

struct Search {
  std::size_t last_bad = 0;
  std::optional<std::size_t> sustained;
};

/// From a bad operation to g*: the first good one that was followed by S of nothing but good ones.
/// Shapes: `seen` ends where the watch ends; a hold that the watch cuts short was not seen to hold.
Search find_sustained(Seen seen, std::size_t first_bad, Duration hold, Duration interval) {
  Search found{first_bad, std::nullopt};
  std::optional<std::size_t> candidate;
  TimePoint last_seen = seen[first_bad].invoked;
  for (std::size_t i = first_bad + 1; i < seen.size(); ++i) {
    if (seen[i].sight == Sight::Unseen) continue;
    if (candidate && seen[i].invoked > seen[*candidate].invoked + hold) {
      found.sustained = candidate;
      return found;
    }
    last_seen = seen[i].invoked;
    if (seen[i].sight == Sight::Bad) {
      found.last_bad = i;
      candidate.reset();
    } else if (!candidate) {
      candidate = i;
    }
  }
  if (candidate && last_seen + interval >= seen[*candidate].invoked + hold) {
    found.sustained = candidate;
  }
  return found;
}

/// Longest time without a seen operation from index `from` until `until`.
Duration longest_gap(Seen seen, std::size_t from, TimePoint until) {
  Duration gap{};
  TimePoint last = seen[from].invoked;
  for (std::size_t i = from + 1; i < seen.size() && last <= until; ++i) {
    if (seen[i].sight == Sight::Unseen) continue;
    gap = std::max(gap, seen[i].invoked - last);
    last = seen[i].invoked;
  }
  return gap;
}

Duration largest_good_latency(Seen seen, std::size_t from, TimePoint until) {
  Duration most{};
  for (std::size_t i = from; i < seen.size() && seen[i].invoked <= until; ++i) {
    if (seen[i].sight == Sight::Good) most = std::max(most, seen[i].latency);
  }
  return most;
}

/// The first bad operation that the fault can have hit: invoked after it began, or in flight then.
std::optional<std::size_t> find_b0(Seen seen, TimePoint fault_begun, Duration deadline) {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].sight != Sight::Bad) continue;
    if (fault_begun == kNever) return i;
    if (seen[i].invoked >= fault_begun) return i;
    if (seen[i].invoked >= fault_begun - deadline && seen[i].completed >= fault_begun) return i;
  }
  return std::nullopt;
}

Duration stall_limit(const StreamInfo& stream) {
  return std::max(2 * stream.interval, stream.deadline);
}

/// The steady state: the good operations without a bad one that end at `end`.
void find_steady(OutageAnalysis& out, const StreamView& view, std::size_t end, Duration hold) {
  const Seen seen = view.seen;
  const TimePoint until = end < seen.size() ? seen[end].invoked : kNever;
  TimePoint from = until;
  TimePoint later = kNever;
  Duration gap{};
  for (std::size_t i = end; i-- > 0 && seen[i].sight != Sight::Bad;) {
    if (seen[i].sight == Sight::Unseen) continue;
    from = seen[i].invoked;
    out.delta = std::max(out.delta, seen[i].latency);
    if (later == kNever) out.steady_until = from;
    const bool within = later == kNever || out.steady_until - later < hold;
    if (later != kNever && within) gap = std::max(gap, later - from);
    later = from;
  }
  if (later == kNever) {
    out.unsteady_reason = "no good operation before the fault";
    return;
  }
  out.steady_from = from;
  // The next operation is due one interval after the last good one.
  const Duration lasted = out.steady_until - from + view.stream.interval;
  out.steady = lasted >= hold && gap <= stall_limit(view.stream);
  if (lasted < hold) {
    out.unsteady_reason = fmt::format("only {} of good operations before the fault, {} demanded",
                                      base::human(lasted), base::human(hold));
  } else if (!out.steady) {
    out.unsteady_reason =
        fmt::format("nothing was seen for {} in the steady state", base::human(gap));
  }
}

/// Index of the first operation that does not belong before the fault.
std::size_t end_of_baseline(Seen seen, std::optional<std::size_t> b0, TimePoint fault_begun) {
  std::size_t end = b0.value_or(seen.size());
  const auto at_fault =
      std::lower_bound(seen.begin(), seen.end(), fault_begun,
                       [](const Observation& op, TimePoint at) { return op.invoked < at; });
  return std::min(end, static_cast<std::size_t>(at_fault - seen.begin()));
}

OutageWindow window_of(Seen seen, const HeldOutage& run) {
  OutageWindow window;
  window.from = seen[run.first_bad].invoked;
  if (run.sustained) window.until = seen[*run.sustained].invoked;
  window.user_visible = run.user_visible;
  window.service = run.service;
  window.bad = run.bad;
  return window;
}

void add(Bounds& sum, const Bounds& part) {
  sum.lower += part.lower;
  if (!part.upper) sum.upper.reset();
  if (sum.upper) *sum.upper += *part.upper;
}

/// Every maximal run of bad operations; the downtime is the sum of those since b0 while watched.
void find_runs(OutageAnalysis& out, Seen seen, std::optional<std::size_t> b0, TimePoint until) {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].sight != Sight::Bad) continue;
    std::size_t last = i;
    std::size_t next = i + 1;
    for (; next < seen.size() && seen[next].sight != Sight::Good; ++next) {
      if (seen[next].sight == Sight::Bad) last = next;
    }
    const HeldOutage run = between(seen, i, last, out.delta);
    out.runs.push_back(window_of(seen, run));
    if (b0 && i >= *b0 && seen[i].invoked < until) add(out.downtime, run.user_visible);
    i = next;
  }
}

void find_held(OutageAnalysis& out, const StreamView& view, const OutageRules& rules,
               std::size_t b0) {
  const auto watched_end =
      std::lower_bound(view.seen.begin(), view.seen.end(), rules.watched_until,
                       [](const Observation& op, TimePoint at) { return op.invoked < at; });
  const Seen seen(view.seen.begin(), watched_end);
  const Duration limit = stall_limit(view.stream);
  std::size_t next = b0;
  while (next < seen.size()) {
    const Search search = find_sustained(seen, next, rules.hold, view.stream.interval);
    HeldOutage outage = between(seen, next, search.last_bad, out.delta);
    outage.sustained = search.sustained;
    if (!search.sustained) outage.user_visible.upper = outage.service.upper = std::nullopt;
    if (outage.last_good) {
      outage.stalled = seen[next].invoked - seen[*outage.last_good].invoked > limit;
    }
    if (search.sustained) {
      const TimePoint held_until = seen[*search.sustained].invoked + rules.hold;
      outage.stalled |= longest_gap(seen, search.last_bad, held_until) > limit;
      const Duration latency = largest_good_latency(seen, *search.sustained, held_until);
      outage.away_until_lo =
          away_at_least_until(seen, next, search.last_bad, std::max(latency, out.delta));
      outage.service.lower = not_negative(outage.away_until_lo - outage.away_from_hi);
    }
    out.held.push_back(outage);
    if (!search.sustained) return;
    next = *search.sustained;
    while (next < seen.size() && seen[next].sight != Sight::Bad) ++next;
  }
}

}  // namespace

HeldOutage between(Seen seen, std::size_t first_bad, std::size_t last_bad, Duration delta) {
  HeldOutage out;
  out.first_bad = first_bad;
  out.last_bad = last_bad;
  out.last_good = neighbour_before(seen, first_bad);
  out.first_good = good_after(seen, first_bad);
  out.sustained = good_after(seen, last_bad);
  for (std::size_t i = first_bad; i <= last_bad; ++i) out.bad += seen[i].sight == Sight::Bad;
  const TimePoint begin = seen[first_bad].invoked;
  out.away_from_lo = out.last_good ? seen[*out.last_good].invoked : begin;
  out.away_from_hi = away_by(seen, first_bad, last_bad, delta);
  out.away_until_lo = away_at_least_until(seen, first_bad, last_bad, delta);
  out.user_visible.lower = seen[last_bad].invoked - begin;
  out.service.lower = not_negative(out.away_until_lo - out.away_from_hi);
  // Without a good operation before, or after, nothing bounds the outage from above.
  out.user_visible.upper = out.service.upper = std::nullopt;
  if (out.sustained && out.last_good) {
    out.user_visible.upper = seen[*out.sustained].invoked - out.away_from_lo;
    out.service.upper = seen[*out.sustained].completed - out.away_from_lo;
  }
  return out;
}

OutageAnalysis analyse(const StreamView& view, const OutageRules& rules) {
  OutageAnalysis out;
  const Seen seen = view.seen;
  const auto b0 = find_b0(seen, rules.fault_begun, view.stream.deadline);
  find_steady(out, view, end_of_baseline(seen, b0, rules.fault_begun), rules.hold);
  for (std::size_t i = 0; i < seen.size() && seen[i].invoked < rules.watched_until; ++i) {
    if (seen[i].sight == Sight::Unseen || seen[i].invoked < out.steady_from) continue;
    out.largest_gap = longest_gap(seen, i, rules.watched_until);
    break;
  }
  if (b0 && seen[*b0].invoked < rules.watched_until) find_held(out, view, rules, *b0);
  find_runs(out, seen, b0, rules.watched_until);
  return out;
}

const char* name(ZeroPoint zero) {
  switch (zero) {
    case ZeroPoint::Onset: return "Onset";
    case ZeroPoint::FaultBegun: return "FaultBegun";
    case ZeroPoint::FaultEffective: return "FaultEffective";
    case ZeroPoint::Declared: return "Declared";
  }
  return "?";
}

CountedOutage counted_from(const HeldOutage& outage, const StreamView& view, TimePoint zero,
                           Duration unsure) {
  const Seen seen = view.seen;
  const auto since = [zero](TimePoint at, Duration off) { return not_negative(at - zero + off); };
  CountedOutage out;
  out.user_visible.lower = since(seen[outage.last_bad].invoked, -unsure);
  out.service.lower = since(outage.away_until_lo, -unsure);
  out.user_visible.upper = out.service.upper = std::nullopt;
  if (outage.sustained) {
    out.user_visible.upper = since(seen[*outage.sustained].invoked, unsure);
    out.service.upper = since(seen[*outage.sustained].completed, unsure);
  }
  return out;
}

Verdict judge(const Bounds& user_visible, const Bounds& service, Duration objective) {
  if (service.upper && *service.upper <= objective) return Verdict::Met;
  if (user_visible.lower > objective) return Verdict::Missed;
  return Verdict::Inconclusive;
}

}  // namespace drill
