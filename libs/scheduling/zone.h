// Time zones of the IANA database: what a clock on the wall reads at an instant, and when it first
// reads something. The rules come from the system's own database (package tzdata), so that a change
// of law arrives with the system's updates; cctz reads them, and only zone.cpp sees cctz.
//
// This is the one place of this library that touches the world: load() reads the file of a zone,
// once per name and process. Everything else is arithmetic on what was read.
//
// Instant and LocalTime are different types and do not mix: a LocalTime alone is no instant, since
// a clock that is put forward never reads some times and one that is put back reads some twice.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace scheduling {

using Seconds = std::chrono::seconds;
/// A second of the wall clock, in UTC.
using Instant = std::chrono::time_point<base::WallClock, Seconds>;
/// What a clock on the wall reads: year to second, of no zone.
using LocalTime = std::chrono::local_seconds;

constexpr Instant whole_second(base::WallTime time) {
  return std::chrono::floor<Seconds>(time);
}

class Zone {
 public:
  /// Errors: InvalidArgument naming the zone and what is allowed: not an IANA name, or not in this
  /// system's database. "UTC" is always there.
  static base::Result<Zone> load(const std::string& name);
  static Zone utc();

  const std::string& name() const { return name_; }
  LocalTime local(Instant at) const;
  /// "CEST".
  std::string abbreviation(Instant at) const;
  /// The first instant at which the clock reads `time` or later: the first of two where the clock
  /// was put back, the end of the gap where it was put forward over it.
  Instant first_reading(LocalTime time) const;

  /// The clock was about to read `from` and reads `to` instead.
  struct Change {
    Instant at;
    LocalTime from, to;
  };
  /// The first change after `at`.
  std::optional<Change> next_change(Instant at) const;
  /// The last change at `at` or before.
  std::optional<Change> last_change(Instant at) const;

 private:
  struct Rules;
  Zone(std::string name, std::shared_ptr<const Rules> rules);
  std::string name_;
  std::shared_ptr<const Rules> rules_;
};

/// "2026-03-29 03:00:00".
std::string text_of(LocalTime time);
/// "2026-03-29T03:00:00+02:00", RFC 3339 in the zone.
std::string text_of(Instant at, const Zone& zone);
/// "2026-03-29T01:00:00Z".
std::string utc_text(Instant at);
/// RFC 3339 with an offset or Z, or "2026-03-29T03:00[:00]" and "2026-03-29" as the zone's clock
/// reads it. Errors: InvalidArgument with the value and what is allowed.
base::Result<Instant> parse_time(std::string_view text, const Zone& zone);

}  // namespace scheduling
