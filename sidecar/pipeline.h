// The filters of one core in their order. assemble() is the one place where it is decided; a new
// filter is one line there.
#pragma once

#include <memory>
#include <vector>

#include "sidecar/filter.h"
#include "sidecar/settings.h"
#include "sidecar/shared.h"

namespace sidecar {

class Pipeline {
 public:
  void add(std::unique_ptr<Filter> filter);

  /// In order, until one answers or lets it wait.
  Verdict on_request(Exchange& exchange, base::TimePoint now) { return ask(exchange, now, 0); }
  /// Of a request that waits: that filter, and those behind it.
  Verdict on_turn(Exchange& exchange, base::TimePoint now);
  /// In reverse order: what sees a request first sees its response last.
  void on_response(Exchange& exchange);
  void on_end(const Exchange& exchange, const Ending& ending);
  std::size_t size() const { return filters_.size(); }

 private:
  Verdict ask(Exchange& exchange, base::TimePoint now, std::size_t first);

  std::vector<std::unique_ptr<Filter>> filters_;
  std::vector<Filter*> request_, response_, end_;
};

/// `seed`: of what is drawn, such as request IDs. `seat`: the core's part of what all share, which
/// outlives the pipeline.
Pipeline assemble(const Settings& settings, std::uint64_t seed, const Seat& seat);

}  // namespace sidecar
