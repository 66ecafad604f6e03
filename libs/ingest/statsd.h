// StatsD as applications send it: "name:value|type", with a sample rate, DogStatsD's tags and
// several values in one line. Pure: a packet in, figures out. A line that is not understood is
// counted by why, and never stops the lines after it; events and service checks are no figures and
// are counted too.
//
//   c  counter     value / rate is added; one that falls is refused
//   g  gauge       set; with a sign in front changed, and so set below 0 by way of 0
//   ms h d  timer, histogram, distribution: a value that stands for 1 / rate of them
//   s  set         how many different ones
//
// Source: github.com/statsd/statsd docs/metric_types.md; docs.datadoghq.com DogStatsD datagram
// protocol 1.0 to 1.3.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/operation.h"
#include "ingest/series_table.h"

namespace ingest {

inline constexpr std::size_t kPacketBytesMax = 64 << 10;
inline constexpr std::size_t kLineBytesMax = 8 << 10;
inline constexpr std::size_t kValuesMax = 1024;  // of one line
inline constexpr std::size_t kTagsMax = 64;      // that are looked at

enum class StatsdType : std::uint8_t { Counter, Gauge, Timer, Histogram, Distribution, Set };

/// A line, taken apart. Lifetime: of its text.
struct StatsdLine {
  std::string_view name;
  std::string_view values;  // "1:2:3"
  StatsdType type = StatsdType::Counter;
  double rate = 1;        // in (0, 1]
  std::string_view tags;  // "env:prod,canary"
};
/// Errors: InvalidArgument, naming what is wrong.
base::Result<StatsdLine> parse_statsd_line(std::string_view line);
/// "env:prod,canary" as labels; a tag without value is "true".
std::vector<RawLabel> tags_of(std::string_view tags);
/// A number of a line: decimal, finite. Nothing: it is none.
std::optional<double> statsd_number(std::string_view text);

/// What came and what became of it.
struct StatsdCounts {
  std::uint64_t packets = 0;
  std::uint64_t lines = 0;
  std::uint64_t values = 0;     // that are in a series now, "other" included
  std::uint64_t other = 0;      // of them, those beyond the bounds
  std::uint64_t malformed = 0;  // lines, or values of them
  std::uint64_t dropped = 0;    // well formed, and not to be kept: a counter that falls
  std::uint64_t conflicts = 0;  // the name has another kind
  std::uint64_t events = 0;
  std::uint64_t checks = 0;
};

/// Thread: one at a time.
class StatsdIntake {
 public:
  /// `operation`: called for every timer, in the order of the lines; empty: nobody wants them.
  explicit StatsdIntake(SeriesTable& table, std::function<void(const Operation&)> operation = {})
      : table_(table), operation_(std::move(operation)) {}

  /// Takes in a packet of lines. What is beyond kPacketBytesMax is malformed.
  void take(std::string_view packet);
  const StatsdCounts& counts() const { return counts_; }

 private:
  void take_line(std::string_view line);
  void take_value(const StatsdLine& line, const std::vector<RawLabel>& labels,
                  std::string_view value);
  Taken take_number(const StatsdLine& line, const std::vector<RawLabel>& labels,
                    std::string_view text, double value);
  void count(Taken taken);

  SeriesTable& table_;
  std::function<void(const Operation&)> operation_;
  StatsdCounts counts_;
};

/// A timer of `milliseconds` as an operation: its name is the tag "operation", else the metric's;
/// the tags success:false, error:true and status:error say that it failed; kind, bytes and records
/// are the operation's (bytes and records are no labels of its series).
Operation operation_of(std::string_view name, const std::vector<RawLabel>& labels,
                       double milliseconds);

}  // namespace ingest
