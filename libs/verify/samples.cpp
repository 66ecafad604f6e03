#include "verify/samples.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <set>

#include "verify/figures.h"
#include "verify/statistics.h"

namespace verify {
namespace {

using api::Node;
using drill::Cause;
using drill::Evidence;
using drill::StreamKind;

constexpr double kMonitored = 90;

/// The moments at which a signal was observed.
using Moments = std::vector<TimePoint>;

/// Answers of these streams, good or bad; what never left the prober is none.
Moments answers_of(const Evidence& evidence, const std::set<drill::StreamId>& wanted,
                   bool by_server) {
  Moments out;
  for (const drill::Record& r : evidence.records) {
    if (!wanted.contains(r.stream) || r.completed == kNever) continue;
    if (r.cause == Cause::NotSent || r.cause == Cause::Blocked || r.cause == Cause::Stopped)
      continue;
    if (!by_server || r.server_id != 0) out.push_back(r.completed);
  }
  return out;
}

/// Of all streams of these kinds that have no signal of their own.
Moments answers(const Evidence& evidence, std::initializer_list<StreamKind> kinds, bool by_server) {
  std::set<drill::StreamId> wanted;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (!info.signal.empty()) continue;
    if (std::find(kinds.begin(), kinds.end(), info.kind) != kinds.end()) wanted.insert(info.id);
  }
  return answers_of(evidence, wanted, by_server);
}

/// Of the streams that the plan gave to one signal, and to no other.
Moments answers_for(const Evidence& evidence, const std::string& signal) {
  std::set<drill::StreamId> wanted;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (info.signal == signal) wanted.insert(info.id);
  }
  return answers_of(evidence, wanted, false);
}

Moments looks(const Evidence& evidence, bool with_primary) {
  Moments out;
  for (const drill::InstanceLook& look : evidence.looks) {
    if (!with_primary || !look.primary.empty()) out.push_back(look.at);
  }
  return out;
}

Moments queries(const Evidence& evidence) {
  Moments out;
  for (const drill::LoadSample& s : evidence.load) {
    if (s.service_time > Duration::zero()) out.push_back(s.completed);
  }
  return out;
}

/// Nothing: no signal of this name is known.
std::optional<Moments> moments_of(const std::string& signal, const Evidence& e) {
  using enum StreamKind;
  if (signal == "ServiceAvailability" || signal == "HealthChecks") {
    return answers(e, {ServiceNew, ServiceOpen, Ledger, ReadService}, false);
  }
  if (signal == "LoadBalancer") {
    return answers(e, {ServiceNew, ServiceOpen, Ledger, ReadService}, true);
  }
  if (signal == "DatabaseConnectivity") {
    return answers(e,
                   {ServiceNew, ServiceOpen, Ledger, ReadService, PinnedOpen, PinnedNew,
                    LedgerPinned, ReadPinned},
                   false);
  }
  for (const char* own : {"CrossSiteConnectivity", "Dns", "DrSiteHealth", "NetworkLatency",
                          "SessionContinuity", "SessionStore", "StartUp"}) {
    if (signal == own) return answers_for(e, signal);
  }
  if (signal == "Control") return answers(e, {Control}, false);
  if (signal == "Reference") return answers(e, {Reference}, false);
  if (signal == "InstanceHealth") return looks(e, false);
  if (signal == "ReplicationLag") return looks(e, true);
  if (signal == "QueryPerformance") return queries(e);
  if (signal == "PoolHealth") {
    Moments out;
    for (const drill::PoolSample& sample : e.pool) out.push_back(sample.at);
    return out;
  }
  return std::nullopt;
}

/// How many of the two final reads are whole.
std::uint64_t whole_reads(const Evidence& evidence) {
  std::set<drill::FinalRead::Which> whole;
  for (const drill::FinalRead& read : evidence.final_reads) {
    if (read.complete && read.which != drill::FinalRead::Which::OldPrimary)
      whole.insert(read.which);
  }
  return whole.size();
}

/// One period as it is filled.
struct Row {
  std::int64_t good = 0, bad = 0, load = 0;
  std::vector<double> millis;
  const drill::InstanceLook* look = nullptr;
  const drill::LagSample* lag = nullptr;
  const drill::PoolSample* pool = nullptr;
};

std::vector<Row> rows_of(const Evidence& evidence, const std::vector<Stream>& streams,
                         const Periods& periods) {
  std::vector<Row> rows(periods.count);
  for (const Stream& stream : streams) {
    if (!stream.decides) continue;
    for (const drill::Record& r : stream.records) {
      const auto at = periods.of(r.scheduled);
      if (!at || r.completed == kNever) continue;
      const bool good =
          r.outcome == drill::Outcome::Ok && r.completed <= r.scheduled + stream.info->deadline;
      ++(good ? rows[*at].good : rows[*at].bad);
    }
  }
  for (const drill::LoadSample& s : evidence.load) {
    const auto at = periods.of(s.intended);
    if (!at) continue;
    ++rows[*at].load;
    if (!s.ok || s.completed == kNever) continue;
    rows[*at].millis.push_back(
        std::chrono::duration<double, std::milli>(s.completed - s.intended).count());
  }
  for (const auto& look : evidence.looks) {
    if (const auto at = periods.of(look.at)) rows[*at].look = &look;
  }
  for (const auto& lag : evidence.lag) {
    if (const auto at = periods.of(lag.at)) rows[*at].lag = &lag;
  }
  for (const auto& pool : evidence.pool) {
    if (const auto at = periods.of(pool.at)) rows[*at].pool = &pool;
  }
  return rows;
}

/// The phase that had begun last, in the order of phases.
const char* phase_at(const Evidence& evidence, TimePoint at) {
  drill::Phase out = drill::Phase::Preflight;
  for (const auto& [phase, began] : evidence.phase_began) {
    if (began <= at) out = phase;
  }
  return drill::name(out);
}

}  // namespace

std::optional<std::size_t> Periods::of(TimePoint at) const {
  if (count == 0 || at == kNever || at < from || at >= until) return std::nullopt;
  return std::min(count - 1, static_cast<std::size_t>((at - from) / length));
}

Periods periods_of(const Evidence& evidence, Duration length) {
  const auto began = [&](drill::Phase phase) {
    const auto it = evidence.phase_began.find(phase);
    return it == evidence.phase_began.end() ? kNever : it->second;
  };
  Periods out{began(drill::Phase::Baseline), evidence.ended, length, 0};
  out.until = std::min(out.until, began(drill::Phase::Failback));
  out.until = std::min(out.until, began(drill::Phase::Reporting));
  constexpr std::int64_t kMost = 604'800;  // of a second, in the longest drill there may be
  if (out.from == kNever || out.until <= out.from || length <= Duration::zero()) return out;
  const std::int64_t whole = std::min(kMost, (out.until - out.from) / length);
  out.count = static_cast<std::size_t>(std::max<std::int64_t>(1, whole));
  return out;
}

std::vector<Watched> watched(const Rules& rules, const Evidence& evidence, const Periods& periods) {
  std::vector<std::string> signals = rules.monitoring;
  if (signals.empty()) {
    signals = {"ServiceAvailability", "Control", "Reference"};
    const bool ledger =
        std::any_of(evidence.streams.begin(), evidence.streams.end(),
                    [](const auto& info) { return info.kind == StreamKind::Ledger; });
    if (ledger) signals.emplace_back("Consistency");
  }
  std::vector<Watched> out;
  for (const std::string& signal : signals) {
    Watched each{signal, 0, 0, 0, false};
    if (signal == "Consistency") {
      each.samples = 2;
      each.seen = whole_reads(evidence);
    } else if (const auto moments = moments_of(signal, evidence)) {
      std::set<std::size_t> seen;
      for (const TimePoint at : *moments) {
        if (const auto period = periods.of(at)) seen.insert(*period);
      }
      each.samples = periods.count;
      each.seen = seen.size();
    }
    if (each.samples > 0) {
      each.percent = 100.0 * static_cast<double>(each.seen) / static_cast<double>(each.samples);
      each.monitored = each.percent >= kMonitored;
    }
    out.push_back(std::move(each));
  }
  return out;
}

Node samples(const Evidence& evidence, const std::vector<Stream>& streams, const Periods& periods,
             TimePoint origin) {
  std::vector<Row> rows = rows_of(evidence, streams, periods);
  Node out = Node::sequence();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows[i];
    const TimePoint from = periods.from + static_cast<std::int64_t>(i) * periods.length;
    const auto p95 = statistic(row.millis, "P95");
    const auto number = [](const auto* from_row, auto field) {
      return from_row == nullptr ? Node() : Node(std::int64_t{from_row->*field});
    };
    out.push(Node::map()
                 .set("fromSeconds", stamp(from, origin))
                 .set("phase", phase_at(evidence, from))
                 .set("good", row.good)
                 .set("bad", row.bad)
                 .set("loadOperations", row.load)
                 .set("loadP95Millis", p95 ? Node(*p95) : Node())
                 .set("primary", row.look == nullptr ? std::string() : row.look->primary)
                 .set("standbys", number(row.look, &drill::InstanceLook::standbys))
                 .set("lagBytes", row.lag == nullptr ? Node() : count(row.lag->bytes))
                 .set("poolBusy", number(row.pool, &drill::PoolSample::busy))
                 .set("poolWaiting", number(row.pool, &drill::PoolSample::waiting)));
  }
  return out;
}

}  // namespace verify
