// One moment of a pod as figures. A figure that could not be had is missing and never 0: a pod
// without swap and a kernel that does not say are different things. A sample is one flat value of
// numbers by name, so that history, thresholds, anomalies and exposition walk a table instead of
// knowing each figure, and a thousand of them are less than half a megabyte.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace sampling {

enum class Figure : std::uint8_t {
  CpuCores,           // used, in cores
  CpuLimitCores,      // what may be used: the limit, where there is one
  CpuRatio,           // used of the limit; of the machine's cores where there is none
  CpuThrottledRatio,  // of the periods in which it ran, those in which it was held back
  MemoryBytes,        // working set; see MemorySource
  MemoryLimitBytes,   // only where there is a limit
  MemoryAvailableBytes,
  MemoryRatio,  // working set of the limit; of the machine's memory where there is none
  SwapBytes,
  DiskTotalBytes,  // of the watched file system that is fullest
  DiskUsedBytes,
  DiskFreeBytes,  // for anyone but root
  DiskRatio,      // used of used and free, as df has it
  ReadBytesPerSecond,
  WrittenBytesPerSecond,
  ReadsPerSecond,
  WritesPerSecond,
  ReceivedBytesPerSecond,
  ReceivedPacketsPerSecond,
  SentBytesPerSecond,
  SentPacketsPerSecond,
  Processes,
  Containers,
  FirstPressure,  // pressure_figure() names them
};

enum class Resource : std::uint8_t { Cpu, Memory, Io };
enum class Stalled : std::uint8_t { Some, Full };
enum class Span : std::uint8_t { Seconds10, Seconds60, Seconds300, Total };

/// The share of time in which some or all tasks stood still; Span::Total: seconds since boot.
constexpr Figure pressure_figure(Resource resource, Stalled stalled, Span span) {
  const int at = (static_cast<int>(resource) * 2 + static_cast<int>(stalled)) * 4;
  return static_cast<Figure>(static_cast<int>(Figure::FirstPressure) + at + static_cast<int>(span));
}

inline constexpr std::size_t kFigures = static_cast<std::size_t>(Figure::FirstPressure) + 24;

/// "cpu_ratio", "memory_pressure_some_avg10_ratio": for metrics and the query API.
std::string_view name(Figure figure);
/// Nothing: no such figure.
std::optional<Figure> figure_named(std::string_view name);

/// What MemoryBytes means.
enum class MemorySource : std::uint8_t {
  None,
  // As the kubelet has it: usage less the file pages that the kernel would give up first
  // (inactive_file), and not below 0. Source: the kubelet's node-pressure eviction, cAdvisor's
  // container/libcontainer handler.
  CgroupWorkingSet,
  // Of processes: their private pages, and for each container the shared pages of the process with
  // most of them. Adding up what is resident would count a database's shared buffers once for every
  // connection.
  ProcessPages,
};

class Sample {
 public:
  Sample() { values_.fill(kMissing); }
  explicit Sample(base::TimePoint when) : Sample() { at = when; }

  std::optional<double> operator[](Figure figure) const {
    const double value = values_[static_cast<std::size_t>(figure)];
    return value == value ? std::optional(value) : std::nullopt;
  }
  void set(Figure figure, std::optional<double> value) {
    values_[static_cast<std::size_t>(figure)] = value.value_or(kMissing);
  }

  base::TimePoint at{};
  MemorySource memory_source = MemorySource::None;
  std::uint8_t disk = 0;  // which of the watched paths the disk's figures are of

 private:
  static constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  std::array<double, kFigures> values_;
};
static_assert(sizeof(Sample) <= 400, "1,000 of them are kept");

}  // namespace sampling
