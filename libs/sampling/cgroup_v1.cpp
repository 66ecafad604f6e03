#include "sampling/cgroup_v1.h"

#include <limits>

#include "sampling/lines.h"

namespace sampling {

namespace {
constexpr std::uint64_t kNoLimitBytes = std::uint64_t{1} << 62;

std::optional<std::uint64_t> limit_of(std::uint64_t bytes) {
  return bytes >= kNoLimitBytes ? std::nullopt : std::optional(bytes);
}
}  // namespace

base::Result<std::uint64_t> parse_cpuacct_usage(std::string_view text) {
  return parse_bytes("cpuacct.usage", text);
}

base::Result<std::optional<double>> parse_cfs_limit(std::string_view quota,
                                                    std::string_view period) {
  Lines quotas("cpu.cfs_quota_us", quota);
  if (!quotas.next()) return quotas.lacking("empty");
  const std::string_view word = quotas.word();
  if (word == "-1") return std::nullopt;
  TRY(const std::uint64_t quota_us, quotas.number_of(word));
  TRY(const std::uint64_t period_us, parse_bytes("cpu.cfs_period_us", period));
  if (period_us == 0) return Lines("cpu.cfs_period_us", period).lacking("no period");
  return static_cast<double>(quota_us) / static_cast<double>(period_us);
}

base::Result<Throttling> parse_throttling(std::string_view text) {
  Lines lines("cpu.stat", text);
  Throttling out;
  int seen = 0;
  while (lines.next()) {
    const std::string_view key = lines.word();
    TRY(const std::uint64_t value, lines.take_number());
    std::uint64_t* field = key == "nr_periods"       ? &out.periods
                           : key == "nr_throttled"   ? &out.throttled_periods
                           : key == "throttled_time" ? &out.throttled_nanoseconds
                                                     : nullptr;
    if (field == nullptr) continue;
    *field = value;
    ++seen;
  }
  if (seen != 3) return lines.lacking("not nr_periods, nr_throttled and throttled_time");
  return out;
}

base::Result<std::optional<std::uint64_t>> parse_limit_in_bytes(std::string_view text) {
  TRY(const std::uint64_t bytes, parse_bytes("memory.limit_in_bytes", text));
  return limit_of(bytes);
}

base::Result<MemoryStatV1> parse_memory_stat_v1(std::string_view text) {
  Lines lines("memory.stat", text);
  MemoryStatV1 out;
  bool inactive = false;
  while (lines.next()) {
    const std::string_view key = lines.word();
    TRY(const std::uint64_t value, lines.take_number());
    if (key == "total_inactive_file") {
      out.inactive_file_bytes = value;
      inactive = true;
    } else if (key == "total_swap") {
      out.swap_bytes = value;
    } else if (key == "hierarchical_memory_limit") {
      out.hierarchical_max_bytes = limit_of(value);
    }
  }
  if (!inactive) return lines.lacking("no total_inactive_file");
  return out;
}

base::Result<ReadWrite> parse_blkio(const char* file, std::string_view text) {
  Lines lines(file, text);
  ReadWrite out;
  while (lines.next()) {
    const std::string_view device = lines.word();
    const std::string_view kind = lines.word();
    if (device == "Total") {  // "Total 0", the last line
      TRY(lines.number_of(kind));
      continue;
    }
    TRY(const std::uint64_t value, lines.take_number());
    std::uint64_t* sum = kind == "Read" ? &out.read : kind == "Write" ? &out.written : nullptr;
    if (sum == nullptr) continue;
    if (value > std::numeric_limits<std::uint64_t>::max() - *sum) {
      return lines.broken(kind, "the sum is beyond 64 bits");
    }
    *sum += value;
  }
  return out;
}

}  // namespace sampling
