// Signals, and where the evidence shows each.
#include "drill/monitoring.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

namespace drill {
namespace {

using Kinds = std::vector<StreamKind>;
using Tell = std::function<void(TimePoint)>;
using Look = std::function<void(const Evidence&, const Tell&)>;

const Kinds kService = {StreamKind::ServiceNew, StreamKind::ServiceOpen, StreamKind::Ledger,
                        StreamKind::ReadService};
const Kinds kDatabase = {StreamKind::ServiceNew,   StreamKind::ServiceOpen, StreamKind::Ledger,
                         StreamKind::ReadService,  StreamKind::PinnedOpen,  StreamKind::PinnedNew,
                         StreamKind::LedgerPinned, StreamKind::ReadPinned};

/// An operation whose answer says something of the target.
bool answered(const Record& record) {
  return record.completed != kNever && record.cause != Cause::NotSent &&
         record.cause != Cause::Blocked && record.cause != Cause::Stopped;
}

void operations(const Evidence& evidence, const Kinds& kinds, bool server_known, const Tell& tell) {
  for (const StreamInfo& info : evidence.streams) {
    if (!info.signal.empty() || std::find(kinds.begin(), kinds.end(), info.kind) == kinds.end()) {
      continue;
    }
    for (const Record& record : evidence.records) {
      if (record.stream != info.id || !answered(record)) continue;
      if (!server_known || record.server_id != 0) tell(record.completed);
    }
  }
}

Look operations_of(Kinds kinds, bool server_known = false) {
  return [kinds = std::move(kinds), server_known](const Evidence& evidence, const Tell& tell) {
    operations(evidence, kinds, server_known, tell);
  };
}

/// Of the streams that the plan gave this signal to: that one was tried is the observation, because
/// what cannot be reached is what it watches for.
Look operations_for(std::string signal) {
  return [signal = std::move(signal)](const Evidence& evidence, const Tell& tell) {
    for (const StreamInfo& info : evidence.streams) {
      if (info.signal != signal) continue;
      for (const Record& record : evidence.records) {
        if (record.stream == info.id && answered(record)) tell(record.completed);
      }
    }
  };
}

void looks(const Evidence& evidence, bool primary_known, const Tell& tell) {
  for (const InstanceLook& look : evidence.looks) {
    if (!primary_known || !look.primary.empty()) tell(look.at);
  }
}

/// What each name needs in the evidence. Consistency is not counted by period.
const std::map<std::string, Look>& table() {
  static const std::map<std::string, Look> kTable = {
      {"DatabaseConnectivity", operations_of(kDatabase)},
      {"ServiceAvailability", operations_of(kService)},
      {"HealthChecks", operations_of(kService)},
      {"LoadBalancer", operations_of(kService, true)},
      {"InstanceHealth", [](const Evidence& e, const Tell& tell) { looks(e, false, tell); }},
      // The lag is what a primary knows of its standbys; that it has none is an observation too.
      {"ReplicationLag", [](const Evidence& e, const Tell& tell) { looks(e, true, tell); }},
      {"PoolHealth",
       [](const Evidence& e, const Tell& tell) {
         for (const PoolSample& sample : e.pool) tell(sample.at);
       }},
      {"QueryPerformance",
       [](const Evidence& e, const Tell& tell) {
         for (const LoadSample& sample : e.load) {
           if (sample.service_time > Duration::zero()) tell(sample.completed);
         }
       }},
      {"Control", operations_of({StreamKind::Control})},
      {"Reference", operations_of({StreamKind::Reference})},
      {"Consistency", nullptr},
      {"CrossSiteConnectivity", operations_for("CrossSiteConnectivity")},
      {"Dns", operations_for("Dns")},
      {"DrSiteHealth", operations_for("DrSiteHealth")},
      {"NetworkLatency", operations_for("NetworkLatency")},
      {"SessionContinuity", operations_for("SessionContinuity")},
      {"SessionStore", operations_for("SessionStore")},
      {"StartUp", operations_for("StartUp")},
  };
  return kTable;
}

std::uint64_t whole_reads(const Evidence& evidence) {
  std::uint64_t whole = 0;
  for (const auto which : {FinalRead::Which::Survivor, FinalRead::Which::Rejoined}) {
    whole += std::any_of(evidence.final_reads.begin(), evidence.final_reads.end(),
                         [which](const FinalRead& r) { return r.which == which && r.complete; });
  }
  return whole;
}

void measure(MonitoringResult& out, const Evidence& evidence, const SampleGrid& grid) {
  const auto found = table().find(out.signal);
  if (found == table().end()) {
    out.detail = "nothing here can watch it";
    return;
  }
  if (found->second == nullptr) {
    out.samples = 2;
    out.seen = whole_reads(evidence);
    out.detail = fmt::format("{} of 2 final reads", out.seen);
    return;
  }
  std::vector<bool> seen(grid.count());
  found->second(evidence, [&](TimePoint at) {
    if (const auto index = grid.index(at)) seen[*index] = true;
  });
  out.samples = seen.size();
  out.seen = static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), true));
  out.detail = out.samples == 0 ? "the drill had no baseline"
                                : fmt::format("seen in {} of {} samples of {}", out.seen,
                                              out.samples, base::human(grid.period));
}

}  // namespace

std::vector<std::string> signals() {
  std::vector<std::string> out;
  for (const auto& [signal, look] : table()) out.push_back(signal);
  return out;
}

std::vector<MonitoringResult> watch(const std::vector<std::string>& demands,
                                    const Evidence& evidence, const SampleGrid& grid) {
  std::vector<std::string> wanted = demands;
  if (wanted.empty()) {
    wanted = {"ServiceAvailability", "Control", "Reference"};
    const bool ledger =
        std::any_of(evidence.streams.begin(), evidence.streams.end(),
                    [](const StreamInfo& info) { return info.kind == StreamKind::Ledger; });
    if (ledger) wanted.emplace_back("Consistency");
  }
  std::vector<MonitoringResult> out;
  for (const std::string& signal : wanted) {
    MonitoringResult result;
    result.signal = signal;
    measure(result, evidence, grid);
    if (result.samples > 0) {
      result.percent =
          100.0 * static_cast<double>(result.seen) / static_cast<double>(result.samples);
    }
    result.monitored = result.samples > 0 && result.percent >= kMonitoredPercent;
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace drill
