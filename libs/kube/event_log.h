// Which Events (events.k8s.io/v1) are written of what a controller has to tell, as a value. Events
// are for people who run `kubectl describe`; a controller that repeats itself must not fill the
// server with them:
//   - the same thing told again within `series_gap` is one Event with a series: the second time it
//     is written as such, then it is counted here and written once per `heartbeat`, and at the end
//     of the series, so that the server's count is late but in the end right;
//   - of one object at most `burst` Events are begun, and one more per `refill`. What is beyond is
//     counted, not written.
// "The same" is everything but the note: who, about which object, what type, reason and action.
// Source: the behaviour of client-go's tools/events (series of 6 min, heartbeat of 30 min) and of
// tools/record's spam filter (burst 25, one per 5 min).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/time.h"

namespace kube {

/// What is told. Units: none of the texts is longer than the API allows (note 1,024 bytes, reason
/// and action 128); longer ones are cut by write().
struct Told {
  std::string object;  // uid of the object that it is about
  std::string type;    // Normal, Warning
  std::string reason, action;
  std::string note;
  auto key() const { return std::tie(object, type, reason, action); }
};

namespace event_action {
/// POST a new Event with this number.
struct Create {
  std::uint64_t number = 0;
  Told told;
  base::WallTime at{};
};
/// PATCH series.count and series.lastObservedTime of the Event with this number.
struct Series {
  std::uint64_t number = 0;
  std::uint32_t count = 0;
  base::WallTime last{};
};
}  // namespace event_action
using EventAction = std::variant<event_action::Create, event_action::Series>;

class EventLog {
 public:
  struct Config {
    base::Duration series_gap = base::seconds(360);
    base::Duration heartbeat = base::seconds(1800);
    std::uint32_t burst = 25;
    base::Duration refill = base::seconds(300);
  };
  EventLog() : EventLog(Config{}) {}
  explicit EventLog(Config config) : config_(config) {}

  std::vector<EventAction> tell(Told told, base::TimePoint now, base::WallTime wall);
  /// Ends the series that are over, and forgets what is of no use any more.
  std::vector<EventAction> sweep(base::TimePoint now);
  /// When sweep() has something to do; kNever: nothing.
  base::TimePoint next_sweep() const;

  std::uint64_t dropped() const { return dropped_; }  // by the spam filter
  std::size_t remembered() const { return series_.size() + budgets_.size(); }

 private:
  struct Series {
    std::uint64_t number = 0;
    std::uint32_t count = 1, written = 1;
    base::TimePoint last{}, written_at{};
    base::WallTime last_wall{};
  };
  struct Budget {
    double left = 0;
    base::TimePoint at{};
  };
  using SeriesKey = std::tuple<std::string, std::string, std::string, std::string>;

  using SeriesMap = std::map<SeriesKey, Series>;

  bool is_over(const Series& series, base::TimePoint now) const;
  /// Writes what is not written yet and forgets it; the one after it.
  SeriesMap::iterator end(SeriesMap::iterator entry, base::TimePoint now,
                          std::vector<EventAction>& out);
  bool spend(const std::string& object, base::TimePoint now);
  void write(Series& series, base::TimePoint now, std::vector<EventAction>& out);

  Config config_;
  SeriesMap series_;
  std::map<std::string, Budget> budgets_;
  std::uint64_t number_ = 0, dropped_ = 0;
};

}  // namespace kube
