// Counts by period.
#include "drill/samples.h"

#include <algorithm>

#include "drill/criteria.h"

namespace drill {
namespace {

Phase phase_at(const Evidence& evidence, TimePoint at) {
  Phase out = Phase::Preflight;
  for (const auto& [phase, began] : evidence.phase_began) {
    if (began <= at) out = phase;
  }
  return out;
}

void count_operations(std::vector<Sample>& rows, const Evidence& evidence, const SampleGrid& grid,
                      const std::vector<StreamId>& deciding) {
  for (const StreamInfo& info : evidence.streams) {
    if (std::find(deciding.begin(), deciding.end(), info.id) == deciding.end()) continue;
    for (const Record& record : evidence.records) {
      if (record.stream != info.id || record.completed == kNever) continue;
      const auto index = grid.index(record.scheduled);
      if (!index) continue;
      const bool good =
          record.outcome == Outcome::Ok && record.completed - record.scheduled <= info.deadline;
      ++(good ? rows[*index].good : rows[*index].bad);
    }
  }
}

void time_load(std::vector<Sample>& rows, const Evidence& evidence, const SampleGrid& grid) {
  std::vector<std::vector<double>> millis(rows.size());
  for (const LoadSample& sample : evidence.load) {
    const auto index = grid.index(sample.intended);
    if (!index) continue;
    ++rows[*index].load_operations;
    if (!sample.ok || sample.completed == kNever) continue;
    millis[*index].push_back(base::to_millis(sample.completed - sample.intended));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].load_p95_millis = statistic_of(millis[i], Statistic::P95);
  }
}

void take_states(std::vector<Sample>& rows, const Evidence& evidence, const SampleGrid& grid) {
  for (const InstanceLook& look : evidence.looks) {
    const auto index = grid.index(look.at);
    if (!index) continue;
    rows[*index].primary = look.primary;
    rows[*index].standbys = look.standbys;
  }
  for (const LagSample& lag : evidence.lag) {
    if (const auto index = grid.index(lag.at)) rows[*index].lag_bytes = lag.bytes;
  }
  for (const PoolSample& pool : evidence.pool) {
    const auto index = grid.index(pool.at);
    if (!index) continue;
    rows[*index].pool_busy = pool.busy;
    rows[*index].pool_waiting = pool.waiting;
  }
}

}  // namespace

std::size_t SampleGrid::count() const {
  if (from == kNever || until <= from || period <= Duration::zero()) return 0;
  return std::max<std::size_t>(1, static_cast<std::size_t>((until - from) / period));
}

std::optional<std::size_t> SampleGrid::index(TimePoint at) const {
  const std::size_t periods = count();
  if (periods == 0 || at == kNever || at < from || at >= until) return std::nullopt;
  return std::min(periods - 1, static_cast<std::size_t>((at - from) / period));
}

SampleGrid sample_grid(const Evidence& evidence, Duration period) {
  const auto began = [&](Phase phase) {
    const auto found = evidence.phase_began.find(phase);
    return found == evidence.phase_began.end() ? kNever : found->second;
  };
  return {began(Phase::Baseline),
          std::min({began(Phase::Failback), began(Phase::Reporting), evidence.ended}), period};
}

std::vector<Sample> samples_of(const Evidence& evidence, const SampleGrid& grid,
                               const std::vector<StreamId>& deciding) {
  std::vector<Sample> rows(grid.count());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].from = grid.begin_of(i);
    rows[i].phase = phase_at(evidence, rows[i].from);
  }
  count_operations(rows, evidence, grid, deciding);
  time_load(rows, evidence, grid);
  take_states(rows, evidence, grid);
  return rows;
}

}  // namespace drill
