#include "traffic/requests.h"

namespace traffic {

namespace {

std::size_t index_of(Method method, EndpointId endpoint, std::size_t endpoints_most) {
  return static_cast<std::size_t>(method) * endpoints_most + endpoint;
}

}  // namespace

RequestShard::RequestShard(std::size_t endpoints_most, std::size_t series_most)
    : endpoints_most_(endpoints_most),
      series_left_(series_most),
      places_(kMethods * endpoints_most) {}

RequestShard::~RequestShard() {
  for (const Place& place : places_) delete place.load(std::memory_order_relaxed);
}

RequestShard::Place& RequestShard::place(Method method, EndpointId endpoint) {
  return places_[index_of(method, endpoint, endpoints_most_)];
}

const Series* RequestShard::series(Method method, EndpointId endpoint) const {
  return places_[index_of(method, endpoint, endpoints_most_)].load(std::memory_order_acquire);
}

void RequestShard::end(Method method, EndpointId endpoint, const Ended& ended) {
  change(in_flight_, -1);
  if (endpoint >= endpoints_most_) endpoint = kOtherEndpoint;
  Series* const known = place(method, endpoint).load(std::memory_order_relaxed);
  (known != nullptr ? *known : make(method, endpoint)).add(ended);
}

Series& RequestShard::make(Method method, EndpointId endpoint) {
  if (endpoint != kOtherEndpoint) {
    if (series_left_ == 0) {
      Series* const other = place(method, kOtherEndpoint).load(std::memory_order_relaxed);
      return other != nullptr ? *other : make(method, kOtherEndpoint);
    }
    --series_left_;
  }
  Series* const made = std::make_unique<Series>().release();
  place(method, endpoint).store(made, std::memory_order_release);
  return *made;
}

Requests::Requests(std::size_t shards, std::size_t endpoints_most, std::size_t series_most)
    : endpoints_most_(endpoints_most) {
  for (std::size_t core = 0; core < shards; ++core) {
    shards_.push_back(std::make_unique<RequestShard>(endpoints_most, series_most));
  }
}

void Requests::visit(SeriesSum& sum, const Visit& visit) const {
  for (std::size_t method = 0; method < kMethods; ++method) {
    for (std::size_t endpoint = 0; endpoint < endpoints_most_; ++endpoint) {
      const auto by_method = static_cast<Method>(method);
      const auto by_endpoint = static_cast<EndpointId>(endpoint);
      bool seen = false;
      for (const auto& shard : shards_) {
        const Series* const series = shard->series(by_method, by_endpoint);
        if (series == nullptr) continue;
        if (!seen) sum.clear();
        seen = true;
        sum.add(*series);
      }
      if (seen) visit(by_method, by_endpoint, sum);
    }
  }
}

void Requests::add_up(SeriesSum& sum) const {
  sum.clear();
  for (const auto& shard : shards_) {
    for (const auto& place : shard->places_) {
      const Series* const series = place.load(std::memory_order_acquire);
      if (series != nullptr) sum.add(*series);
    }
  }
}

std::int64_t Requests::connections() const {
  std::int64_t all = 0;
  for (const auto& shard : shards_) all += shard->connections_.load(std::memory_order_relaxed);
  return all;
}

std::int64_t Requests::in_flight() const {
  std::int64_t all = 0;
  for (const auto& shard : shards_) all += shard->in_flight_.load(std::memory_order_relaxed);
  return all;
}

}  // namespace traffic
