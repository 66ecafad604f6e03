#include "sampling/sample.h"

namespace sampling {

namespace {
constexpr std::array<std::string_view, kFigures> kNames = {
    "cpu_cores",
    "cpu_limit_cores",
    "cpu_ratio",
    "cpu_throttled_ratio",
    "memory_working_set_bytes",
    "memory_limit_bytes",
    "memory_available_bytes",
    "memory_ratio",
    "swap_bytes",
    "disk_total_bytes",
    "disk_used_bytes",
    "disk_free_bytes",
    "disk_ratio",
    "disk_read_bytes_per_second",
    "disk_written_bytes_per_second",
    "disk_reads_per_second",
    "disk_writes_per_second",
    "network_received_bytes_per_second",
    "network_received_packets_per_second",
    "network_sent_bytes_per_second",
    "network_sent_packets_per_second",
    "processes",
    "containers",
    "cpu_pressure_some_avg10_ratio",
    "cpu_pressure_some_avg60_ratio",
    "cpu_pressure_some_avg300_ratio",
    "cpu_pressure_some_seconds_total",
    "cpu_pressure_full_avg10_ratio",
    "cpu_pressure_full_avg60_ratio",
    "cpu_pressure_full_avg300_ratio",
    "cpu_pressure_full_seconds_total",
    "memory_pressure_some_avg10_ratio",
    "memory_pressure_some_avg60_ratio",
    "memory_pressure_some_avg300_ratio",
    "memory_pressure_some_seconds_total",
    "memory_pressure_full_avg10_ratio",
    "memory_pressure_full_avg60_ratio",
    "memory_pressure_full_avg300_ratio",
    "memory_pressure_full_seconds_total",
    "io_pressure_some_avg10_ratio",
    "io_pressure_some_avg60_ratio",
    "io_pressure_some_avg300_ratio",
    "io_pressure_some_seconds_total",
    "io_pressure_full_avg10_ratio",
    "io_pressure_full_avg60_ratio",
    "io_pressure_full_avg300_ratio",
    "io_pressure_full_seconds_total",
};
}  // namespace

std::string_view name(Figure figure) {
  return kNames[static_cast<std::size_t>(figure)];
}

std::optional<Figure> figure_named(std::string_view name) {
  for (std::size_t at = 0; at < kFigures; ++at) {
    if (kNames[at] == name) return static_cast<Figure>(at);
  }
  return std::nullopt;
}

}  // namespace sampling
