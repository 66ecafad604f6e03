#include "verify/instrument.h"

#include <algorithm>

namespace verify {
namespace {

using drill::Cause;
using drill::Evidence;
using drill::ReferenceOutage;
using drill::Stall;
using drill::StreamKind;

/// What the reference stream saw around a known outage.
struct Seen {
  std::vector<std::size_t> bad;  // indices
  Duration slowest{};            // of good operations outside the shadow of bad ones
  Duration gap{};
};

Seen look_around(const ReferenceOutage& known, const Stream& stream) {
  const Duration slack = stream.info->deadline + 2 * stream.info->interval;
  const TimePoint from = known.began - slack;
  const TimePoint until = known.began + known.length + known.uncertainty + slack;
  Seen out;
  const Operation* before = nullptr;
  std::optional<TimePoint> shadow;  // good operations up to here are slow because of the outage
  for (std::size_t i = 0; i < stream.operations.size(); ++i) {
    const Operation& op = stream.operations[i];
    if (op.word == Word::Nothing) continue;
    if (op.bad()) {
      if (op.at >= from && op.at <= until) out.bad.push_back(i);
      shadow = op.at + slack;
    } else if (!shadow || op.at > *shadow) {
      out.slowest = std::max(out.slowest, op.latency);
    }
    if (before != nullptr && op.at >= from && before->at <= until) {
      out.gap = std::max(out.gap, op.at - before->at);
    }
    before = &op;
  }
  return out;
}

bool meets(const Interval& measured, Duration least, Duration most) {
  return measured.lower <= most && (!measured.upper || least <= *measured.upper);
}

/// The bounds of the bad operations from first to last of a stream that is not cut.
class KnownBounds {
 public:
  KnownBounds(const Stream& stream, const Seen& seen) : ops_(stream.operations), seen_(seen) {
    const std::size_t first = seen.bad.front();
    const std::size_t last = seen.bad.back();
    const std::optional<std::size_t> before = good_before(first);
    const std::optional<std::size_t> after = good_after(last);
    const TimePoint early = ops_[before.value_or(first)].at;
    TimePoint late = ops_[first].done;
    if (const auto second = second_bad(first, last)) {
      late = std::min(late, ops_[*second].at + seen.slowest);
    }
    if (late == kNever) late = ops_[last].at;
    users.lower = ops_[last].at - ops_[first].at;
    service.lower = std::max(Duration::zero(), away_until(first, last) - late);
    users.upper = service.upper = std::nullopt;
    if (!before || !after) return;
    users.upper = ops_[*after].at - early;
    service.upper = ops_[*after].done - early;
  }

  Interval users, service;

 private:
  std::optional<std::size_t> good_before(std::size_t index) const {
    while (index-- > 0) {
      if (ops_[index].good()) return index;
      if (ops_[index].bad()) return std::nullopt;
    }
    return std::nullopt;
  }
  std::optional<std::size_t> good_after(std::size_t index) const {
    while (++index < ops_.size()) {
      if (ops_[index].good()) return index;
    }
    return std::nullopt;
  }
  std::optional<std::size_t> second_bad(std::size_t first, std::size_t last) const {
    for (std::size_t i = first + 1; i <= last; ++i) {
      if (ops_[i].bad()) return i;
    }
    return std::nullopt;
  }
  TimePoint away_until(std::size_t first, std::size_t last) const {
    if (ops_[last].record->cause != Cause::Blocked) return ops_[last].at;
    std::optional<std::size_t> before;
    for (std::size_t i = last; i-- > first;) {
      if (!ops_[i].bad()) continue;
      if (!before) before = i;
      if (ops_[i].record->cause == Cause::Blocked) continue;
      return std::max(ops_[i].at, ops_[*before].at - seen_.slowest);
    }
    return ops_[before.value_or(first)].at - seen_.slowest;
  }

  const std::vector<Operation>& ops_;
  const Seen& seen_;
};

KnownOutage check_known(const ReferenceOutage& known, const Stream& stream) {
  KnownOutage out{&known, {}, {}, false};
  const Seen seen = look_around(known, stream);
  const Duration deadline = stream.info->deadline;
  const bool hang = known.kind == ReferenceOutage::Kind::Hang;
  if (seen.bad.empty()) {
    out.users.upper = seen.gap;
    out.service.upper = seen.gap + deadline;
    out.contained = seen.gap > Duration::zero() &&
                    known.length <= (hang ? *out.service.upper : *out.users.upper);
    return out;
  }
  const KnownBounds bounds(stream, seen);
  out.users = bounds.users;
  out.service = bounds.service;
  const Duration longest = known.length + known.uncertainty;
  // Of a hang, operations of its last D succeed; a blocked one is bad for as long as its
  // connection is busy all the same.
  const bool blocked = stream.operations[seen.bad.back()].record->cause == Cause::Blocked;
  const Duration least = hang ? known.length - deadline : known.length;
  const Duration most =
      (hang && !blocked ? longest - deadline : longest) + (hang ? 2 * seen.slowest : seen.slowest);
  out.contained = meets(out.service, known.length, longest) && meets(out.users, least, most);
  return out;
}

/// Two bad operations in a row while the service was away.
bool control_failed(const Stream& stream, TimePoint from, TimePoint until) {
  const Operation* before = nullptr;
  for (const Operation& op : stream.operations) {
    if (op.word == Word::Nothing) continue;
    const bool twice = op.bad() && before != nullptr && before->bad();
    if (twice && op.at >= from && op.at <= until) return true;
    before = &op;
  }
  return false;
}

std::vector<Stall> united(const std::vector<Stall>& told, const std::vector<Stall>& silences) {
  std::vector<Stall> out = told;
  for (const Stall& silence : silences) {
    const bool inside = std::any_of(out.begin(), out.end(), [&](const Stall& s) {
      return s.from <= silence.from && silence.to <= s.to;
    });
    if (!inside) out.push_back(silence);
  }
  std::sort(out.begin(), out.end(), [](const Stall& a, const Stall& b) { return a.from < b.from; });
  return out;
}

/// What slewing (0.1 %) and reading two clocks (50 ms) do not explain.
std::vector<Duration> wall_steps(const std::vector<drill::ClockAnchor>& anchors) {
  std::vector<Duration> out;
  for (std::size_t i = 1; i < anchors.size(); ++i) {
    const Duration steady = anchors[i].steady - anchors[i - 1].steady;
    const Duration step = anchors[i].wall - anchors[i - 1].wall - steady;
    if (std::chrono::abs(step) > base::millis(50) + steady / 1000) out.push_back(step);
  }
  return out;
}

}  // namespace

Instrument check_instrument(const Evidence& evidence, const std::vector<Stream>& streams,
                            const std::vector<Stall>& silences, TimePoint from, TimePoint until) {
  Instrument out;
  out.stalls = united(evidence.stalls, silences);
  out.wall_steps = wall_steps(evidence.anchors);
  bool controlled = false;
  for (const Stream& stream : streams) {
    if (stream.operations.empty()) continue;
    if (stream.info->kind == StreamKind::Reference) {
      for (const ReferenceOutage& known : evidence.reference_outages) {
        out.known.push_back(check_known(known, stream));
      }
    } else if (stream.info->kind == StreamKind::Control) {
      controlled = true;
      if (control_failed(stream, from, until)) out.control_up = false;
    }
  }
  const bool all_inside = std::all_of(out.known.begin(), out.known.end(),
                                      [](const KnownOutage& k) { return k.contained; });
  // A missing control is only looked for where the known outages left nothing to complain of.
  const bool proven = !out.known.empty() && all_inside;
  if (proven && !controlled) out.control_up = false;
  out.healthy = proven && controlled && out.control_up;
  return out;
}

}  // namespace verify
