#include "sidecar/upstream_look.h"

#include <utility>

#include "net/dial.h"

namespace sidecar {
namespace {

constexpr base::Duration kLookEvery = base::seconds(1);
constexpr base::Duration kLookWithin = base::seconds(1);

/// One place after the other, so that an application which is there is asked once. What is wrong
/// with the first is told: it is the one that people know.
aio::Task<base::Result<net::DialOutcome>> look(aio::Clock& clock, Places& places,
                                               std::stop_token stop) {
  net::DialOutcome out;
  std::size_t at = places.good();
  for (std::size_t tried = 0; tried < places.size(); ++tried, at = places.after(at)) {
    const Places::Endpoint& place = places.at(at);
    const net::Address address{place.address().to_string(), place.port()};
    CO_TRY(const auto seen, co_await net::dial(clock, {address}, kLookWithin, stop));
    if (seen.front().taken) {
      places.found_good(at);
      co_return seen.front();
    }
    if (at == 0) out = seen.front();
  }
  co_return out;
}

}  // namespace

aio::Task<base::Result<>> look_after_upstream(aio::Clock& clock, Places places, Readiness& ready,
                                              std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto seen = co_await look(clock, places, stop);
    if (seen) {
      ready.upstream_reachable = seen->taken;
      ready.upstream_detail = seen->taken ? "" : seen->detail;
    }
    co_await aio::wait_for(clock, kLookEvery, stop);
  }
  co_return base::Result<>{};
}

}  // namespace sidecar
