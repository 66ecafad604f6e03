#include "sidecar/cache_flights.h"

#include <utility>

#include "base/check.h"
#include "limit/pattern.h"

namespace sidecar {

CacheFlights::Ticket CacheFlights::lead(const std::string& key, std::string uri, std::string path) {
  const auto [flight, is_new] =
      flights_.try_emplace(key, Flight{++last_, std::move(uri), std::move(path), false, {}});
  CHECK(is_new);
  return flight->second.leader;
}

CacheFlights::Ticket CacheFlights::wait(const std::string& key, Wake wake) {
  const auto flight = flights_.find(key);
  CHECK(flight != flights_.end());
  flight->second.waiters.push_back({++last_, std::move(wake)});
  return last_;
}

void CacheFlights::cancel(const std::string& key, Ticket waiter) {
  const auto flight = flights_.find(key);
  if (flight == flights_.end()) return;
  std::erase_if(flight->second.waiters,
                [waiter](const Waiter& each) { return each.ticket == waiter; });
}

bool CacheFlights::land(const std::string& key, Ticket leader) {
  const auto flight = flights_.find(key);
  if (flight == flights_.end() || flight->second.leader != leader) return false;
  const Flight over = std::move(flight->second);
  flights_.erase(flight);
  for (const Waiter& each : over.waiters) each.wake();
  return !over.spoiled;
}

void CacheFlights::spoil(std::string_view uri) {
  for (auto& [key, flight] : flights_) {
    if (flight.uri == uri) flight.spoiled = true;
  }
}

void CacheFlights::spoil_matching(std::string_view pattern) {
  for (auto& [key, flight] : flights_) {
    if (limit::matches(pattern, flight.path)) flight.spoiled = true;
  }
}

void CacheFlights::pass(const std::string& key, base::TimePoint until) {
  // Whoever asks for ever new paths makes others ask once more, and no more than that.
  if (passes_.size() >= kPassesMax) passes_.clear();
  passes_[std::hash<std::string>{}(key)] = until;
}

bool CacheFlights::passes(const std::string& key, base::TimePoint now) {
  const auto pass = passes_.find(std::hash<std::string>{}(key));
  if (pass == passes_.end()) return false;
  if (now < pass->second) return true;
  passes_.erase(pass);
  return false;
}

}  // namespace sidecar
