#include "verify/phases.h"

#include <algorithm>

#include "verify/statistics.h"

namespace verify {
namespace {

using drill::Evidence;
using drill::StreamKind;

/// The first acknowledgement by the new primary itself; of a stream that it answered before the
/// onset already, only if it refused again since.
TimePoint promoted(const Evidence& evidence, const std::vector<Stream>& streams, TimePoint onset) {
  TimePoint first = kNever;
  if (evidence.new_primary.empty()) return first;
  for (const Stream& stream : streams) {
    const StreamKind kind = stream.info->kind;
    const bool pinned = kind == StreamKind::PinnedOpen || kind == StreamKind::PinnedNew ||
                        kind == StreamKind::LedgerPinned;
    if (!pinned || stream.info->instance != evidence.new_primary) continue;
    bool refusing = true;
    for (const Operation& op : stream.operations) {
      if (op.word == Word::Nothing) continue;
      if (op.at < onset) {
        if (op.acknowledged()) refusing = false;
        if (!op.acknowledged() && op.bad()) refusing = true;
      } else if (op.acknowledged() && refusing) {
        first = std::min(first, op.at);
        break;
      }
    }
  }
  return first;
}

TimePoint first_success(const Stream& decider, const Outage& outage) {
  return outage.good_after_first ? decider.operations[*outage.good_after_first].at : kNever;
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

TimePoint redirected(const std::vector<Stream>& streams, const Stream& decider,
                     const Outage& outage) {
  const Stream& service = through_service(streams, decider);
  const TimePoint onset = decider.operations[outage.first].at;
  const TimePoint since = onset - service.info->interval - service.info->deadline;
  const TimePoint judged = first_success(decider, outage);
  bool was_away = false;
  for (const Operation& op : service.operations) {
    if (op.at < since) continue;
    was_away |= op.bad();
    if (op.good() && was_away && op.at >= onset) return std::min(op.at, judged);
  }
  return judged;
}

/// From when the p95 of the good latencies of S is within 10 % of the baseline's.
TimePoint warmed_up(const Evidence& evidence, const Stream& decider, const Outage& outage,
                    Duration hold) {
  const std::vector<Operation>& ops = decider.operations;
  const Duration step = hold / 10;
  if (!outage.good_after_last || step <= Duration::zero()) return kNever;
  std::vector<double> before;
  for (std::size_t i = 0; i < outage.first; ++i) {
    if (ops[i].good()) before.push_back(static_cast<double>(ops[i].latency.count()));
  }
  const auto usual = statistic(before, "P95");
  if (!usual) return kNever;
  const auto failback = evidence.phase_began.find(drill::Phase::Failback);
  const bool ended = failback != evidence.phase_began.end() && failback->second != kNever;
  const TimePoint end = ended ? failback->second : ops.back().at;
  std::size_t first = *outage.good_after_last;
  for (TimePoint from = ops[first].at; end - from >= hold; from += step) {
    while (first < ops.size() && ops[first].at < from) ++first;
    if (first == ops.size()) break;
    std::vector<double> now;
    for (std::size_t i = first; i < ops.size() && ops[i].at - from < hold; ++i) {
      if (ops[i].good()) now.push_back(static_cast<double>(ops[i].latency.count()));
    }
    const auto p95 = statistic(now, "P95");
    if (p95 && *p95 <= 1.1 * *usual) return from;
  }
  return kNever;
}

struct Moment {
  const char* name;
  TimePoint at;
};

Part part_between(const Moment& from, const Moment& to, const Rules& rules) {
  Part out;
  out.name = std::string(from.name) + "→" + to.name;
  if (const auto target = rules.phase_targets.find(to.name); target != rules.phase_targets.end()) {
    out.target = target->second;
  }
  if (to.at != kNever) {
    out.took = to.at - from.at;
    out.out_of_order = to.at < from.at;
  }
  if (out.target > Duration::zero()) out.met = out.took && *out.took <= out.target;
  return out;
}

}  // namespace

std::vector<Part> phases(const Evidence& evidence, const std::vector<Stream>& streams,
                         const Stream& decider, const Outage& outage, const Rules& rules) {
  const TimePoint onset = decider.operations[outage.first].at;
  const TimePoint back =
      outage.good_after_last ? decider.operations[*outage.good_after_last].at : kNever;
  const Moment inside[] = {{"detected", evidence.declared},
                           {"decided", evidence.decided},
                           {"promoted", promoted(evidence, streams, onset)},
                           {"redirected", redirected(streams, decider, outage)},
                           {"sustained", back}};
  std::vector<Part> out;
  Moment last{"onset", onset};
  for (const Moment& moment : inside) {
    out.push_back(part_between(last, moment, rules));
    if (moment.at != kNever) last = moment;
  }
  if (back == kNever) return out;
  const Moment sustained{"sustained", back};
  out.push_back(part_between(
      sustained, {"warmedUp", warmed_up(evidence, decider, outage, rules.hold)}, rules));
  out.push_back(
      part_between(sustained, {"redundancyRestored", evidence.redundancy_restored}, rules));
  return out;
}

std::vector<Part> steps(const std::vector<drill::StepRun>& runs) {
  std::vector<Part> out;
  for (const drill::StepRun& run : runs) {
    Part part;
    part.name = run.name;
    part.target = run.target;
    if (run.began != kNever && run.ended != kNever) part.took = run.ended - run.began;
    if (run.target > Duration::zero()) {
      part.met = part.took && run.ok && *part.took <= run.target;
    }
    out.push_back(std::move(part));
  }
  return out;
}

}  // namespace verify
