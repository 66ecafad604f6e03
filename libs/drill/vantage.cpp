// Offsets from exchanges, and stamps moved by them.
#include "drill/vantage.h"

#include <algorithm>

#include <fmt/format.h>

namespace drill {
namespace {

// Counted in parts of a nanosecond that make every step below exact, from the first exchange on.
constexpr std::int64_t kParts = 2 * kClockRate;
// Beyond this no two exchanges of one drill are apart, and sums of parts stay within 64 bits.
constexpr Duration kFar{std::int64_t{1} << 48};

/// Bounds of the offset at one moment of the vantage's clock, in parts.
struct OffsetAt {
  TimePoint at{};
  std::int64_t lo = 0, hi = 0;
};

/// How much the offset can have moved; nothing where `to` is not later.
std::int64_t moved(TimePoint from, TimePoint to) {
  return to > from ? (to - from).count() * (kParts / kClockRate) : 0;
}

/// Empty: one of them cannot be.
std::vector<OffsetAt> bounds_of(std::span<const ClockExchange> exchanges) {
  const Duration base = exchanges.front().theirs - exchanges.front().answered;
  std::vector<OffsetAt> out;
  for (const ClockExchange& e : exchanges) {
    const Duration lo = e.theirs - e.answered - base;
    const Duration hi = e.theirs - e.asked - base;
    if (lo > hi || lo < -kFar || hi > kFar) return {};
    out.push_back({e.theirs, lo.count() * kParts, hi.count() * kParts});
  }
  std::sort(out.begin(), out.end(),
            [](const OffsetAt& a, const OffsetAt& b) { return a.at < b.at; });
  return out;
}

/// What a neighbour says of this moment, if that is more than what the exchange itself says.
void tighten(OffsetAt& here, const OffsetAt& neighbour, std::int64_t moved) {
  here.lo = std::max(here.lo, neighbour.lo - moved);
  here.hi = std::min(here.hi, neighbour.hi + moved);
}

/// In whole nanoseconds, down.
Duration floor_of(std::int64_t parts) {
  return Duration(parts / kParts - (parts % kParts < 0 ? 1 : 0));
}

void move(TimePoint& at, Duration by) {
  if (at != kNever) at -= by;
}

void move(Record& record, Duration by) {
  move(record.scheduled, by);
  move(record.invoked, by);
  move(record.completed, by);
}

/// When a vantage measured, by its own clock: from its first record to its last.
void span_of(const Evidence& evidence, std::size_t vantage, TimePoint& from, TimePoint& until) {
  const auto take = [&](TimePoint at) {
    if (at == kNever) return;
    from = std::min(from, at);
    until = std::max(until, at);
  };
  for (const Record& record : evidence.records) {
    if (vantage_of(record.stream) != vantage) continue;
    take(record.scheduled);
    take(record.invoked);
    take(record.completed);
  }
}

Evidence measured_by(const Evidence& placed, std::size_t vantage) {
  Evidence out;
  for (const StreamInfo& info : placed.streams) {
    if (vantage_of(info.id) == vantage) out.streams.push_back(info);
  }
  for (const Record& record : placed.records) {
    if (vantage_of(record.stream) == vantage) out.records.push_back(record);
  }
  out.servers = placed.servers;
  out.server_instances = placed.server_instances;
  out.old_primary = placed.old_primary;
  out.new_primary = placed.new_primary;
  return out;
}

}  // namespace

ClockFit fit_clock(std::span<const ClockExchange> exchanges, TimePoint from, TimePoint until) {
  ClockFit out;
  out.exchanges = exchanges.size();
  if (exchanges.empty()) {
    out.why = "its clock was never compared with the runner's";
    return out;
  }
  std::vector<OffsetAt> at = bounds_of(exchanges);
  for (std::size_t i = 1; i < at.size(); ++i) {
    tighten(at[i], at[i - 1], moved(at[i - 1].at, at[i].at));
  }
  for (std::size_t i = at.size(); i-- > 1;) {
    tighten(at[i - 1], at[i], moved(at[i - 1].at, at[i].at));
  }
  const auto contradicts = [](const OffsetAt& o) { return o.lo > o.hi; };
  if (at.empty() || std::any_of(at.begin(), at.end(), contradicts)) {
    out.why = fmt::format("its clock ran away from the runner's by more than {} ppm",
                          1'000'000 / kClockRate);
    return out;
  }
  const std::int64_t before = moved(from, at.front().at);
  const std::int64_t after = moved(at.back().at, until);
  std::int64_t lo = std::min(at.front().lo - before, at.back().lo - after);
  std::int64_t hi = std::max(at.front().hi + before, at.back().hi + after);
  // Between two exchanges the bounds are widest where those of one meet those of the other.
  for (std::size_t i = 1; i < at.size(); ++i) {
    const std::int64_t gap = moved(at[i - 1].at, at[i].at);
    lo = std::min(lo, (at[i - 1].lo + at[i].lo - gap) / 2);
    hi = std::max(hi, (at[i - 1].hi + at[i].hi + gap) / 2);
  }
  const Duration base = exchanges.front().theirs - exchanges.front().answered;
  const Duration least = base + floor_of(lo);
  const Duration most = base - floor_of(-hi);
  out.known = true;
  out.offset = least + (most - least) / 2;
  out.uncertainty = most - out.offset;
  const auto middle = [](const OffsetAt& o) { return floor_of(o.lo / 2 + o.hi / 2); };
  out.drift = middle(at.back()) - middle(at.front());
  return out;
}

Clocks::Clocks() : fits_(1) {
  fits_.front().known = true;
}

Clocks::Clocks(const Evidence& evidence) : Clocks() {
  for (std::size_t k = 1; k <= evidence.vantages.size(); ++k) {
    TimePoint from = kNever;
    TimePoint until = TimePoint::min();
    span_of(evidence, k, from, until);
    fits_.push_back(fit_clock(evidence.vantages[k - 1].exchanges, from, until));
  }
}

const ClockFit& Clocks::fit(std::size_t vantage) const {
  static const ClockFit kNone;
  return vantage < fits_.size() ? fits_[vantage] : kNone;
}

std::optional<Duration> Clocks::apart(std::size_t a, std::size_t b) const {
  if (a == b) return Duration::zero();
  if (!fit(a).known || !fit(b).known) return std::nullopt;
  return fit(a).uncertainty + fit(b).uncertainty;
}

Placed place(const Evidence& evidence, const Clocks& clocks) {
  Placed out;
  Evidence& united = out.united;
  united.streams = evidence.streams;
  united.records = evidence.records;
  for (Record& record : united.records) move(record, clocks.fit(clocks.of(record.stream)).offset);
  united.final_reads = evidence.final_reads;
  united.servers = evidence.servers;
  united.server_instances = evidence.server_instances;
  united.old_primary = evidence.old_primary;
  united.new_primary = evidence.new_primary;
  united.vantages = evidence.vantages;

  Evidence own = evidence;
  std::erase_if(own.streams, [](const StreamInfo& info) { return vantage_of(info.id) != 0; });
  std::erase_if(own.records, [](const Record& record) { return vantage_of(record.stream) != 0; });
  out.parts.push_back(std::move(own));
  for (std::size_t k = 1; k < clocks.size(); ++k) {
    const Vantage& vantage = evidence.vantages[k - 1];
    const Duration offset = clocks.fit(k).offset;
    Evidence part = measured_by(united, k);
    part.reference_outages = vantage.reference_outages;
    part.stalls = vantage.stalls;
    part.anchors = vantage.anchors;
    for (ReferenceOutage& outage : part.reference_outages) move(outage.began, offset);
    for (Stall& stall : part.stalls) {
      move(stall.from, offset);
      move(stall.to, offset);
    }
    for (ClockAnchor& anchor : part.anchors) move(anchor.steady, offset);
    out.parts.push_back(std::move(part));
  }
  return out;
}

TimePoint earlier(TimePoint at, Duration unsure) {
  return at == kNever ? kNever : at - unsure;
}

TimePoint later(TimePoint at, Duration unsure) {
  return at == kNever ? kNever : at + unsure;
}

std::string plan_name(const StreamInfo& stream) {
  const std::size_t vantage = vantage_of(stream.id);
  const std::string prefix = vantage_name(vantage) + "/";
  return vantage > 0 && stream.name.starts_with(prefix) ? stream.name.substr(prefix.size())
                                                        : stream.name;
}

}  // namespace drill
