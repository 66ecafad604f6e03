#include "kube/event_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kube {

namespace {
constexpr std::size_t kNoteMax = 1024, kWordMax = 128;

/// No character is cut in half.
void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
}
}  // namespace

std::vector<EventAction> EventLog::tell(Told told, base::TimePoint now, base::WallTime wall) {
  std::vector<EventAction> out;
  cut(told.note, kNoteMax);
  cut(told.reason, kWordMax);
  cut(told.action, kWordMax);
  auto found = series_.find(SeriesKey(told.key()));
  if (found != series_.end() && is_over(found->second, now)) {
    end(found, now, out);
    found = series_.end();
  }
  if (found != series_.end()) {
    Series& series = found->second;
    ++series.count;
    series.last = now;
    series.last_wall = wall;
    if (series.count == 2 || now - series.written_at >= config_.heartbeat) write(series, now, out);
    return out;
  }
  if (!spend(told.object, now)) {
    ++dropped_;
    return out;
  }
  const std::uint64_t number = ++number_;
  series_.emplace(SeriesKey(told.key()), Series{number, 1, 1, now, now, wall});
  out.emplace_back(event_action::Create{number, std::move(told), wall});
  return out;
}

std::vector<EventAction> EventLog::sweep(base::TimePoint now) {
  std::vector<EventAction> out;
  for (auto entry = series_.begin(); entry != series_.end();) {
    entry = is_over(entry->second, now) ? end(entry, now, out) : std::next(entry);
  }
  std::erase_if(budgets_, [&](const auto& entry) {
    return now - entry.second.at >= config_.refill * config_.burst;  // it is full again
  });
  return out;
}

base::TimePoint EventLog::next_sweep() const {
  base::TimePoint next = base::kNever;
  for (const auto& [key, series] : series_) next = std::min(next, series.last + config_.series_gap);
  return next;
}

bool EventLog::is_over(const Series& series, base::TimePoint now) const {
  return now - series.last >= config_.series_gap;
}

EventLog::SeriesMap::iterator EventLog::end(SeriesMap::iterator entry, base::TimePoint now,
                                            std::vector<EventAction>& out) {
  if (entry->second.count > entry->second.written) write(entry->second, now, out);
  return series_.erase(entry);
}

bool EventLog::spend(const std::string& object, base::TimePoint now) {
  const auto [found, is_new] =
      budgets_.try_emplace(object, Budget{static_cast<double>(config_.burst), now});
  Budget& budget = found->second;
  const double earned = base::to_seconds(now - budget.at) / base::to_seconds(config_.refill);
  budget.left = std::min(static_cast<double>(config_.burst), budget.left + earned);
  budget.at = now;
  if (budget.left < 1) return false;
  budget.left -= 1;
  return true;
}

void EventLog::write(Series& series, base::TimePoint now, std::vector<EventAction>& out) {
  series.written = series.count;
  series.written_at = now;
  out.emplace_back(event_action::Series{series.number, series.count, series.last_wall});
}

}  // namespace kube
