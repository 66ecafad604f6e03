// Silences, known outages, the control target, steps of the wall clock.
#include "drill/instrument.h"

#include <algorithm>

#include <fmt/format.h>

namespace drill {
namespace {

/// When a stream demanded operations: its open loop ran from the first to the last due time.
struct Active {
  TimePoint from{}, until{};
  Duration interval{};
};

std::vector<Active> active_streams(const Evidence& evidence) {
  std::vector<Active> out;
  for (const StreamInfo& info : evidence.streams) {
    Active active{kNever, TimePoint::min(), info.interval};
    for (const Record& record : evidence.records) {
      if (record.stream != info.id || record.scheduled == kNever) continue;
      active.from = std::min(active.from, record.scheduled);
      active.until = std::max(active.until, record.scheduled);
    }
    if (active.from < active.until && info.interval > Duration::zero()) out.push_back(active);
  }
  return out;
}

bool demanded(const std::vector<Active>& active, TimePoint from, TimePoint to) {
  return std::any_of(active.begin(), active.end(), [&](const Active& stream) {
    return stream.from <= from && to <= stream.until && to - from > 2 * stream.interval;
  });
}

std::vector<TimePoint> stamps_of(const Evidence& evidence) {
  std::vector<TimePoint> stamps;
  stamps.reserve(evidence.records.size() * 2);
  for (const Record& record : evidence.records) {
    if (record.cause == Cause::NotSent) continue;
    if (record.invoked != kNever) stamps.push_back(record.invoked);
    if (record.completed != kNever) stamps.push_back(record.completed);
  }
  std::sort(stamps.begin(), stamps.end());
  return stamps;
}

/// The last step is what slewing cannot be: 0.1 % of the time between, and 50 ms for reading.
Duration slewing_explains(Duration between) {
  return base::millis(50) + between / 1000;
}

/// The control's own outage: two bad operations in a row, begun or lasting while the service's was.
std::string control_failed(const StreamView& control, TimePoint from, TimePoint until) {
  std::uint64_t in_a_row = 0;
  for (const Observation& op : control.seen) {
    if (op.sight == Sight::Unseen) continue;
    in_a_row = op.sight == Sight::Bad ? in_a_row + 1 : 0;
    if (in_a_row < 2 || op.invoked < from || op.invoked > until) continue;
    return fmt::format("{} failed too ({})", control.stream.name, name(op.cause));
  }
  return {};
}

struct KnownSpan {
  std::optional<std::size_t> first_bad, last_bad;
  Duration delta{};  // largest latency of a good operation near it
  Duration gap{};    // between seen operations near it
  bool blocked_last = false;
};

/// The bad operations that this known outage can have made, and its neighbourhood.
KnownSpan find_known(const ReferenceOutage& known, const StreamView& view) {
  const Duration slack = view.stream.deadline + 2 * view.stream.interval;
  const TimePoint from = known.began - slack;
  const TimePoint until = known.began + known.length + known.uncertainty + slack;
  KnownSpan out;
  std::optional<TimePoint> last;
  TimePoint shadow = TimePoint::min();
  for (std::size_t i = 0; i < view.seen.size(); ++i) {
    const Observation& op = view.seen[i];
    if (op.sight == Sight::Unseen) continue;
    const bool near = op.invoked >= from && op.invoked <= until;
    if (op.sight == Sight::Bad && near) {
      if (!out.first_bad) out.first_bad = i;
      out.last_bad = i;
      out.blocked_last = op.cause == Cause::Blocked;
    }
    // In the last D of a hang operations are good and slow; that is the hang's doing.
    if (op.sight == Sight::Bad) shadow = op.invoked + slack;
    if (op.sight == Sight::Good && op.invoked > shadow) {
      out.delta = std::max(out.delta, op.latency);
    }
    if (last && op.invoked >= from && *last <= until)
      out.gap = std::max(out.gap, op.invoked - *last);
    last = op.invoked;
  }
  return out;
}

bool within(const Bounds& bounds, Duration least, Duration most) {
  return bounds.lower <= most && (!bounds.upper || *bounds.upper >= least);
}

}  // namespace

std::vector<Stall> silences(const Evidence& evidence) {
  const std::vector<Active> active = active_streams(evidence);
  const std::vector<TimePoint> stamps = stamps_of(evidence);
  std::vector<Stall> out;
  for (std::size_t i = 1; i < stamps.size(); ++i) {
    if (demanded(active, stamps[i - 1], stamps[i])) out.push_back({stamps[i - 1], stamps[i]});
  }
  return out;
}

ReferenceCheck check_reference(const ReferenceOutage& known, const StreamView& reference) {
  ReferenceCheck out{known, {}, {}, false};
  const KnownSpan span = find_known(known, reference);
  const Duration deadline = reference.stream.deadline;
  const bool hang = known.kind == ReferenceOutage::Kind::Hang;
  if (!span.first_bad) {
    // The claim without a bad operation: nothing longer than the largest gap, hangs D more.
    out.user_visible = {Duration::zero(), span.gap};
    out.service = {Duration::zero(), span.gap + deadline};
    out.contained = span.gap > Duration::zero() &&
                    known.length <= (hang ? *out.service.upper : *out.user_visible.upper);
    return out;
  }
  const HeldOutage outage = between(reference.seen, *span.first_bad, *span.last_bad, span.delta);
  out.user_visible = outage.user_visible;
  out.service = outage.service;
  const Duration longest = known.length + known.uncertainty;
  const bool service = within(out.service, known.length, longest);
  // Users' operations may have begun up to one latency before, and ended up to one after it. A
  // blocked one is bad until its connection is free again, so the hang's D comes back.
  const Duration shorter = hang ? deadline : Duration::zero();
  const Duration least = known.length - shorter;
  const Duration most =
      longest - (span.blocked_last ? Duration::zero() : shorter) + span.delta * (hang ? 2 : 1);
  out.contained = service && within(out.user_visible, least, most);
  return out;
}

std::vector<Duration> wall_steps(std::span<const ClockAnchor> anchors) {
  std::vector<Duration> steps;
  for (std::size_t i = 1; i < anchors.size(); ++i) {
    const Duration steady = anchors[i].steady - anchors[i - 1].steady;
    const Duration step = (anchors[i].wall - anchors[i - 1].wall) - steady;
    const Duration size = step < Duration::zero() ? -step : step;
    if (size > slewing_explains(steady)) steps.push_back(step);
  }
  return steps;
}

StallSummary sum_up(std::span<const Stall> stalls, TimePoint from, TimePoint until) {
  StallSummary out;
  out.count = stalls.size();
  TimePoint counted = TimePoint::min();  // streams that stood still together are counted once
  for (const Stall& stall : stalls) {
    out.longest = std::max(out.longest, stall.to - stall.from);
    if (stall.to > counted) out.total += stall.to - std::max(stall.from, counted);
    counted = std::max(counted, stall.to);
    if (stall.to >= from && stall.from <= until) out.in_outage.push_back(stall);
  }
  return out;
}

InstrumentResult check_instrument(const Evidence& evidence, std::span<const StreamView> views,
                                  const InstrumentRules& rules) {
  InstrumentResult out;
  out.stalls = evidence.stalls;
  for (const Stall& silence : silences(evidence)) {
    const bool known = std::any_of(out.stalls.begin(), out.stalls.end(), [&](const Stall& stall) {
      return stall.from <= silence.from && silence.to <= stall.to;
    });
    if (!known) out.stalls.push_back(silence);
  }
  std::sort(out.stalls.begin(), out.stalls.end(),
            [](const Stall& a, const Stall& b) { return a.from < b.from; });
  out.stalled = sum_up(out.stalls, rules.judged_from, rules.judged_until);
  out.wall_steps = wall_steps(evidence.anchors);
  bool controlled = false;
  for (const StreamView& view : views) {
    if (view.stream.kind == StreamKind::Reference && !view.seen.empty()) {
      for (const ReferenceOutage& known : evidence.reference_outages) {
        out.reference.push_back(check_reference(known, view));
      }
    }
    if (view.stream.kind != StreamKind::Control) continue;
    controlled |= !view.seen.empty();
    const std::string failed = control_failed(view, rules.judged_from, rules.judged_until);
    if (failed.empty()) continue;
    out.control_healthy = false;
    out.control_detail = failed;
  }
  std::string why;
  const auto wrong = std::count_if(out.reference.begin(), out.reference.end(),
                                   [](const ReferenceCheck& check) { return !check.contained; });
  if (wrong > 0) {
    why = fmt::format("{} of {} known outages of the reference lie outside their bounds", wrong,
                      out.reference.size());
  } else if (rules.reference_required && out.reference.empty()) {
    why = "no known outage of the reference was measured";
  } else if (rules.reference_required && !controlled) {
    out.control_healthy = false;
    out.control_detail = "no control target was probed";
    why = out.control_detail;
  } else if (!out.control_healthy) {
    why = out.control_detail;
  }
  out.healthy = why.empty();
  out.detail = out.healthy ? fmt::format("{} known outages inside their bounds; control up",
                                         out.reference.size())
                           : why;
  return out;
}

}  // namespace drill
