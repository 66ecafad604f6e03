// Figures of all requests, by method, endpoint and status, in bounded memory whatever is sent. Each
// core has a shard that it alone writes, with plain stores; a scrape reads them while they are
// written and adds them up.
//
// A series is made when its method and endpoint are first seen together: 8.3 kB, or 8.9 kB
// with exemplars. A shard has at most 256 of them; further ones are counted as their method with
// the endpoint "other", of which there may be ten more. So a shard is at most 2.4 MB and, for 200
// endpoints, 16 kB of pointers, and the exposition has no more series than shards x 266. A series
// is never taken away, so that a counter never falls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "traffic/endpoint.h"
#include "traffic/method.h"
#include "traffic/series.h"

namespace traffic {

inline constexpr std::size_t kSeriesMost = 256;

/// One core's figures. Thread: one, but for what Requests reads.
class RequestShard {
 public:
  RequestShard(std::size_t endpoints_most, std::size_t series_most);
  ~RequestShard();
  RequestShard(const RequestShard&) = delete;
  RequestShard& operator=(const RequestShard&) = delete;

  void connection_opened() { change(connections_, 1); }
  void connection_closed() { change(connections_, -1); }
  /// A request's head has arrived.
  void begin() { change(in_flight_, 1); }
  /// A begun request is over. Allocates only for a method and endpoint not seen before.
  void end(Method method, EndpointId endpoint, const Ended& ended);

 private:
  friend class Requests;
  using Place = std::atomic<Series*>;

  static void change(std::atomic<std::int64_t>& gauge, std::int64_t by) {
    gauge.store(gauge.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  Place& place(Method method, EndpointId endpoint);
  const Series* series(Method method, EndpointId endpoint) const;
  Series& make(Method method, EndpointId endpoint);

  std::size_t endpoints_most_;
  std::size_t series_left_;
  std::vector<Place> places_;  // by method and endpoint; owned
  std::atomic<std::int64_t> connections_{0};
  std::atomic<std::int64_t> in_flight_{0};
};

/// The shards of all cores.
class Requests {
 public:
  /// `endpoints_most` is Endpoints::most().
  Requests(std::size_t shards, std::size_t endpoints_most, std::size_t series_most = kSeriesMost);

  std::size_t shards() const { return shards_.size(); }
  std::size_t endpoints_most() const { return endpoints_most_; }
  /// The shard of a core; it stays where it is.
  RequestShard& shard(std::size_t core) { return *shards_[core]; }

  /// Calls `visit` once for each method and endpoint that has been seen, in that order.
  /// Thread: any, one at a time for each `sum`, which is overwritten.
  using Visit = std::function<void(Method, EndpointId, const SeriesSum&)>;
  void visit(SeriesSum& sum, const Visit& visit) const;
  /// All series together, into `sum`.
  void add_up(SeriesSum& sum) const;

  std::int64_t connections() const;
  std::int64_t in_flight() const;

 private:
  std::size_t endpoints_most_;
  std::vector<std::unique_ptr<RequestShard>> shards_;
};

}  // namespace traffic
