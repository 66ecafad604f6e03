#include "sampling/cgroup_v2.h"

#include <charconv>
#include <limits>

#include "sampling/lines.h"

namespace sampling {

namespace {
/// Microseconds of a file as nanoseconds; what would not fit is refused.
base::Result<std::uint64_t> take_microseconds(Lines& lines) {
  TRY(const std::uint64_t value, lines.take_number());
  if (value > std::numeric_limits<std::uint64_t>::max() / 1000) {
    return lines.broken("microseconds", "beyond 584 years");
  }
  return value * 1000;
}

/// "35.15", as the kernel prints a percentage: never a sign, an exponent or a word.
base::Result<double> ratio_of(const Lines& lines, std::string_view word) {
  double value = 0;
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, value, std::chars_format::fixed);
  const bool digits = word.find_first_not_of("0123456789.") == std::string_view::npos;
  if (error != std::errc{} || at != end || !digits) return lines.broken(word, "no percentage");
  if (value > 100) return lines.broken(word, "more than 100 %");
  return value / 100;
}

base::Result<Stall> take_stall(Lines& lines) {
  Stall stall;
  int known = 0;
  for (std::string_view word = lines.word(); !word.empty(); word = lines.word()) {
    const Pair pair = pair_of(word);
    if (pair.key == "total") {
      TRY(stall.total_microseconds, lines.number_of(pair.value));
      ++known;
      continue;
    }
    double* out = pair.key == "avg10"    ? &stall.avg10_ratio
                  : pair.key == "avg60"  ? &stall.avg60_ratio
                  : pair.key == "avg300" ? &stall.avg300_ratio
                                         : nullptr;
    if (out == nullptr) continue;
    TRY(*out, ratio_of(lines, pair.value));
    ++known;
  }
  if (known != 4) return lines.broken("", "not avg10, avg60, avg300 and total");
  return stall;
}

base::Result<> add(const Lines& lines, std::string_view word, std::uint64_t& sum) {
  TRY(const std::uint64_t value, lines.number_of(word));
  if (value > std::numeric_limits<std::uint64_t>::max() - sum) {
    return lines.broken(word, "the sum is beyond 64 bits");
  }
  sum += value;
  return {};
}

/// "Throttling" is there when all its three lines are.
struct ThrottlingLines {
  Throttling value;
  int seen = 0;

  base::Result<bool> take(Lines& lines, std::string_view key) {
    if (key == "nr_periods") {
      TRY(value.periods, lines.take_number());
    } else if (key == "nr_throttled") {
      TRY(value.throttled_periods, lines.take_number());
    } else if (key == "throttled_usec") {
      TRY(value.throttled_nanoseconds, take_microseconds(lines));
    } else {
      return false;
    }
    ++seen;
    return true;
  }
};
}  // namespace

base::Result<CpuStat> parse_cpu_stat(std::string_view text) {
  Lines lines("cpu.stat", text);
  std::optional<std::uint64_t> used;
  ThrottlingLines throttling;
  while (lines.next()) {
    const std::string_view key = lines.word();
    TRY(const bool taken, throttling.take(lines, key));
    if (taken) continue;
    if (key == "usage_usec") {
      TRY(used, take_microseconds(lines));
    } else {
      TRY(lines.take_number());
    }
  }
  if (!used) return lines.lacking("no usage_usec");
  CpuStat out{*used, {}};
  if (throttling.seen == 3) out.throttling = throttling.value;
  return out;
}

base::Result<std::optional<double>> parse_cpu_max(std::string_view text) {
  Lines lines("cpu.max", text);
  if (!lines.next()) return lines.lacking("empty");
  const std::string_view quota_word = lines.word();
  TRY(const std::uint64_t period, lines.take_number());
  if (period == 0) return lines.broken("0", "no period");
  if (quota_word == "max") return std::nullopt;
  TRY(const std::uint64_t quota, lines.number_of(quota_word));
  return static_cast<double>(quota) / static_cast<double>(period);
}

base::Result<std::uint64_t> parse_bytes(const char* file, std::string_view text) {
  Lines lines(file, text);
  if (!lines.next()) return lines.lacking("empty");
  return lines.take_number();
}

base::Result<std::optional<std::uint64_t>> parse_bytes_max(const char* file,
                                                           std::string_view text) {
  Lines lines(file, text);
  if (!lines.next()) return lines.lacking("empty");
  const std::string_view word = lines.word();
  if (word == "max") return std::nullopt;
  return lines.number_of(word);
}

base::Result<std::uint64_t> parse_inactive_file(std::string_view text) {
  Lines lines("memory.stat", text);
  std::optional<std::uint64_t> found;
  while (lines.next()) {
    const std::string_view key = lines.word();
    TRY(const std::uint64_t value, lines.take_number());
    if (key == "inactive_file") found = value;
  }
  if (!found) return lines.lacking("no inactive_file");
  return *found;
}

base::Result<IoStat> parse_io_stat(std::string_view text) {
  Lines lines("io.stat", text);
  IoStat out;
  while (lines.next()) {
    lines.word();  // the device; kernels print some of them without any figure
    for (std::string_view word = lines.word(); !word.empty(); word = lines.word()) {
      const Pair pair = pair_of(word);
      std::uint64_t* sum = pair.key == "rbytes"   ? &out.read_bytes
                           : pair.key == "wbytes" ? &out.written_bytes
                           : pair.key == "rios"   ? &out.reads
                           : pair.key == "wios"   ? &out.writes
                                                  : nullptr;
      if (sum != nullptr) TRY(add(lines, pair.value, *sum));
    }
  }
  return out;
}

base::Result<Pressure> parse_pressure(const char* file, std::string_view text) {
  Lines lines(file, text);
  std::optional<Stall> some;
  std::optional<Stall> full;
  while (lines.next()) {
    const std::string_view kind = lines.word();
    if (kind == "some") {
      TRY(some, take_stall(lines));
    } else if (kind == "full") {
      TRY(full, take_stall(lines));
    } else {
      return lines.broken(kind, "neither some nor full");
    }
  }
  if (!some) return lines.lacking("no line 'some'");
  return Pressure{*some, full};
}

base::Result<> parse_processes(std::string_view text, std::vector<std::int32_t>& out) {
  Lines lines("cgroup.procs", text);
  while (lines.next()) {
    TRY(const std::uint64_t pid, lines.take_number());
    if (pid > std::numeric_limits<std::int32_t>::max()) return lines.broken("pid", "no process");
    if (pid != 0) out.push_back(static_cast<std::int32_t>(pid));
  }
  return {};
}

}  // namespace sampling
