#include "verify/phases.h"

#include <algorithm>

#include "verify/statistics.h"

namespace verify {
namespace {

using drill::Evidence;
using drill::StreamKind;

/// A moment, and the interval it surely lies in: between the last look that said "not yet" and the
/// first that said "now".
struct Moment {
  TimePoint at = kNever;                   // kNever: not observed
  std::optional<TimePoint> earliest = at;  // nothing: no look before it
  TimePoint latest = at;
  std::size_t clock = 0;  // of which vantage
};

Moment exactly(TimePoint at) {
  return {at, at, at};
}

/// All streams of all vantages against the onset that one of them saw.
struct Scene {
  const std::vector<std::vector<Stream>>& streams;
  const Vantages& vantages;
  std::size_t by;
};

/// The first acknowledgement by the new primary itself; of a stream that it answered before the
/// onset already, only if it refused again since. It took writes by the acknowledgement, and did
/// not when it last refused one.
Moment promoted_on(const Stream& stream, TimePoint onset) {
  bool refusing = true;
  std::optional<TimePoint> refused;
  for (const Operation& op : stream.operations) {
    if (op.word == Word::Nothing) continue;
    if (!op.acknowledged()) {
      const bool proof =
          op.record->outcome == drill::Outcome::Fail && op.record->cause != drill::Cause::Blocked;
      if (op.bad() && proof) refused = op.at;
      if (op.bad() && op.at < onset) refusing = true;
    } else if (op.at < onset) {
      refusing = false;
    } else if (refusing) {
      return {op.at, refused, op.done};
    }
  }
  return exactly(kNever);
}

Moment promoted(const Evidence& evidence, const Scene& scene, TimePoint onset) {
  Moment first = exactly(kNever);
  if (evidence.new_primary.empty()) return first;
  for (std::size_t k = 0; k < scene.streams.size(); ++k) {
    const auto unsure = scene.vantages.between(k, scene.by);
    if (!unsure) continue;
    for (const Stream& stream : scene.streams[k]) {
      const StreamKind kind = stream.info->kind;
      const bool pinned = kind == StreamKind::PinnedOpen || kind == StreamKind::PinnedNew ||
                          kind == StreamKind::LedgerPinned;
      if (!pinned || stream.info->instance != evidence.new_primary) continue;
      Moment found = promoted_on(stream, onset - *unsure);
      found.clock = k;
      if (found.at < first.at) first = found;
    }
  }
  return first;
}

/// Users find the service from this operation on, and did not at the last bad one before it.
Moment found_at(const Stream& stream, std::size_t index) {
  Moment out{stream.operations[index].at, std::nullopt, stream.operations[index].at};
  for (std::size_t i = index; i-- > 0 && !out.earliest;) {
    if (stream.operations[i].bad()) out.earliest = stream.operations[i].at;
  }
  return out;
}

Moment first_success(const Stream& decider, const Outage& outage) {
  return outage.good_after_first ? found_at(decider, *outage.good_after_first) : exactly(kNever);
}

/// New connections through the service: of the decider's probe if it has such a stream.
const Stream& through_service(const std::vector<Stream>& streams, const Stream& decider) {
  const Stream* any = nullptr;
  for (const Stream& stream : streams) {
    if (stream.info->kind != StreamKind::ServiceNew || stream.operations.empty()) continue;
    if (stream.info->probe == decider.info->probe) return stream;
    if (any == nullptr) any = &stream;
  }
  return any == nullptr ? decider : *any;
}

Moment redirected(const std::vector<Stream>& streams, const Stream& decider, const Outage& outage) {
  const Stream& service = through_service(streams, decider);
  const TimePoint onset = decider.operations[outage.first].at;
  const TimePoint since = onset - service.info->interval - service.info->deadline;
  const Moment judged = first_success(decider, outage);
  bool was_away = false;
  for (std::size_t i = 0; i < service.operations.size(); ++i) {
    const Operation& op = service.operations[i];
    if (op.at < since) continue;
    was_away |= op.bad();
    if (!op.good() || !was_away || op.at < onset) continue;
    return op.at < judged.at ? found_at(service, i) : judged;
  }
  return judged;
}

/// From when the p95 of the good latencies of S is within 10 % of the baseline's.
Moment warmed_up(const Evidence& evidence, const Stream& decider, const Outage& outage,
                 Duration hold, Duration unsure) {
  const std::vector<Operation>& ops = decider.operations;
  const Duration step = hold / 10;
  if (!outage.good_after_last || step <= Duration::zero()) return exactly(kNever);
  std::vector<double> before;
  for (std::size_t i = 0; i < outage.first; ++i) {
    if (ops[i].good()) before.push_back(static_cast<double>(ops[i].latency.count()));
  }
  const auto usual = statistic(before, "P95");
  if (!usual) return exactly(kNever);
  const auto failback = evidence.phase_began.find(drill::Phase::Failback);
  const bool ended = failback != evidence.phase_began.end() && failback->second != kNever;
  const TimePoint end = ended ? failback->second - unsure : ops.back().at;
  std::size_t first = *outage.good_after_last;
  const TimePoint back = ops[first].at;
  for (TimePoint from = back; end - from >= hold; from += step) {
    while (first < ops.size() && ops[first].at < from) ++first;
    if (first == ops.size()) break;
    std::vector<double> now;
    for (std::size_t i = first; i < ops.size() && ops[i].at - from < hold; ++i) {
      if (ops[i].good()) now.push_back(static_cast<double>(ops[i].latency.count()));
    }
    const auto p95 = statistic(now, "P95");
    if (p95 && *p95 <= 1.1 * *usual) return {from, std::max(back, from - step), from};
  }
  return exactly(kNever);
}

/// The last look that found too few standbys bounds the return of redundancy from below.
Moment redundant(const Evidence& evidence) {
  Moment out{evidence.redundancy_restored, std::nullopt, evidence.redundancy_restored};
  for (const drill::InstanceLook& look : evidence.looks) {
    if (look.at > evidence.redundancy_restored) break;
    if (!look.redundant) out.earliest = look.at;
  }
  return out;
}

struct Milestone {
  const char* name;
  Moment when;
};

Part part_between(const Milestone& from, const Milestone& to, const Rules& rules,
                  std::optional<Duration> unsure = Duration::zero()) {
  Part out;
  out.name = std::string(from.name) + "→" + to.name;
  if (const auto target = rules.phase_targets.find(to.name); target != rules.phase_targets.end()) {
    out.target = target->second;
  }
  if (to.when.at != kNever) {
    out.took = to.when.at - from.when.at;
    out.out_of_order = to.when.at < from.when.at;
    if (from.when.earliest && to.when.earliest && unsure) {
      out.bounds = Interval{*to.when.earliest - from.when.latest - *unsure,
                            to.when.latest - *from.when.earliest + *unsure};
    }
  }
  if (out.target > Duration::zero()) out.met = out.took && *out.took <= out.target;
  return out;
}

}  // namespace

std::vector<Part> phases(const Evidence& evidence, const std::vector<std::vector<Stream>>& streams,
                         const Stream& decider, const Outage& outage, const Rules& rules,
                         const Vantages& vantages, std::size_t by) {
  const Scene scene{streams, vantages, by};
  const Duration own_clock = vantages.between(by, std::size_t{0}).value_or(Duration::zero());
  const std::vector<Operation>& ops = decider.operations;
  const TimePoint onset = ops[outage.first].at;
  Moment began{onset, std::nullopt, onset};
  if (outage.good_before) began.earliest = ops[*outage.good_before].at;
  Moment back = exactly(kNever);
  if (outage.good_after_last) {
    const TimePoint at = ops[*outage.good_after_last].at;
    back = {at, ops[outage.last].at, at};
  }
  // Anything declared well before this outage was said of an earlier one.
  const TimePoint own = onset - decider.info->interval - decider.info->deadline - own_clock;
  const auto seen_here = [by](Moment moment) {
    moment.clock = by;
    return moment;
  };
  const auto between = [&](const Milestone& from, const Milestone& to) {
    return part_between(from, to, rules, vantages.between(from.when.clock, to.when.clock));
  };
  const auto said = [own](TimePoint at) { return exactly(at < own ? kNever : at); };
  const Milestone inside[] = {{"detected", said(evidence.declared)},
                              {"decided", said(evidence.decided)},
                              {"promoted", promoted(evidence, scene, onset)},
                              {"redirected", seen_here(redirected(streams[by], decider, outage))},
                              {"sustained", seen_here(back)}};
  std::vector<Part> out;
  Milestone last{"onset", seen_here(began)};
  for (const Milestone& milestone : inside) {
    out.push_back(between(last, milestone));
    if (milestone.when.at != kNever) last = milestone;
  }
  if (back.at == kNever) return out;
  const Milestone sustained{"sustained", seen_here(back)};
  const Moment warm = warmed_up(evidence, decider, outage, rules.hold, own_clock);
  out.push_back(between(sustained, {"warmedUp", seen_here(warm)}));
  out.push_back(between(sustained, {"redundancyRestored", redundant(evidence)}));
  return out;
}

std::vector<Part> phases_unseen(const Evidence& evidence, const Rules& rules) {
  for (const drill::InstanceLook& look : evidence.looks) {
    if (evidence.fault_begun == kNever || look.redundant || look.at < evidence.fault_begun)
      continue;
    const Moment begun{evidence.fault_begun, evidence.fault_begun, evidence.fault_begun};
    return {
        part_between({"faultBegun", begun}, {"redundancyRestored", redundant(evidence)}, rules)};
  }
  return {};
}

std::vector<Part> steps(const std::vector<drill::StepRun>& runs) {
  std::vector<Part> out;
  for (const drill::StepRun& run : runs) {
    Part part;
    part.name = run.name;
    part.target = run.target;
    if (run.began != kNever && run.ended != kNever) {
      const Duration took = run.ended - run.began;
      part.took = took;
      part.bounds = Interval{took, took};  // between stamps of the drill's own
    }
    if (run.target > Duration::zero()) {
      part.met = part.took && run.ok && *part.took <= run.target;
    }
    out.push_back(std::move(part));
  }
  return out;
}

}  // namespace verify
