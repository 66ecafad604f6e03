#include "sidecar/pipeline.h"

#include <ranges>
#include <utility>

#include "sidecar/filter_concurrency.h"
#include "sidecar/filter_deny.h"
#include "sidecar/filter_drill.h"
#include "sidecar/filter_fault.h"
#include "sidecar/filter_forwarded.h"
#include "sidecar/filter_limit.h"
#include "sidecar/filter_max_forwards.h"
#include "sidecar/filter_own_service.h"
#include "sidecar/filter_request_id.h"
#include "sidecar/filter_security_headers.h"
#include "sidecar/filter_trace_context.h"
#include "sidecar/filter_traffic.h"
#include "sidecar/filter_users.h"
#include "sidecar/notes.h"

namespace sidecar {

Pipeline assemble(const Settings& settings, std::uint64_t seed, const Seat& seat) {
  Shared& shared = seat.shared;
  Pipeline pipeline;
  // First, so that whatever is answered from here on has an ID.
  pipeline.add(make_request_id_filter(seed));
  // Before whatever may answer, so that refusals are figures too.
  pipeline.add(make_traffic_filter(*shared.endpoints, shared.requests->shard(seat.core)));
  pipeline.add(make_trace_context_filter(settings.make_trace, seed + 1));
  // Before whatever limits: a drill's request is no client's.
  if (shared.drill_key) {
    pipeline.add(make_drill_filter(*shared.drill_key, *shared.drill_figures[seat.core]));
  }
  // As soon as a request has a name: what is refused costs nothing more, and nothing has changed
  // yet of what the client said of itself.
  shared.limits[seat.core]->keep_addresses(settings.protection.offender_addresses);
  if (shared.protection) {
    const auto told = shared.admissions.empty() ? nullptr : shared.admissions[seat.core];
    // What raises the counters is another thread.
    const bool alone = shared.limits.size() == 1 && told == nullptr;
    pipeline.add(make_limit_filter(
        *shared.protection,
        {.figures = *shared.limits[seat.core],
         .crypto = *shared.crypto[seat.core],
         .closed = shared.limits_closed,
         .told = told,
         .sharing = alone ? limit::Sharing::OneThread : limit::Sharing::Threads}));
  } else if (shared.clients->denies()) {
    pipeline.add(make_deny_filter(*shared.limits[seat.core], shared.clients));
  }
  // It may answer: what it answers counts for the limits, and takes no place.
  pipeline.add(make_max_forwards_filter());
  // What is over a limit takes no place.
  if (shared.slots) pipeline.add(make_concurrency_filter(*shared.slots, shared.clients));
  if (shared.own_service) pipeline.add(make_own_service_filter(settings.ingest.rum_path));
  // What waits for its turn has passed all that could refuse it.
  if (shared.user_names) {
    pipeline.add(make_users_filter(shared.users, *shared.user_names, shared.clients, seat.core));
  }
  // Last that writes: what it says is what the application believes of its client.
  pipeline.add(make_forwarded_filter(settings.forwarded));
  pipeline.add(make_fault_filter(*shared.core_faults[seat.core]));
  // Behind whatever may answer: a nonce is drawn for what the application is asked.
  if (settings.security_headers.on) {
    pipeline.add(make_security_headers_filter(settings.security_headers));
  }
  return pipeline;
}

void Pipeline::add(std::unique_ptr<Filter> filter) {
  const Hooks hooks = filter->hooks();
  if (hooks.request) request_.push_back(filter.get());
  if (hooks.response) response_.push_back(filter.get());
  if (hooks.end) end_.push_back(filter.get());
  filters_.push_back(std::move(filter));
}

Verdict Pipeline::ask(Exchange& exchange, base::TimePoint now, std::size_t first) {
  for (std::size_t i = first; i < request_.size(); ++i) {
    const Verdict verdict = request_[i]->on_request(exchange, now);
    if (verdict == Verdict::Forward) continue;
    if (verdict == Verdict::Wait) exchange.notes[kWaitsInNote] = i;
    return verdict;
  }
  return Verdict::Forward;
}

Verdict Pipeline::on_turn(Exchange& exchange, base::TimePoint now) {
  const std::size_t at = exchange.notes[kWaitsInNote];
  const Verdict verdict = request_[at]->on_turn(exchange, now);
  return verdict == Verdict::Forward ? ask(exchange, now, at + 1) : verdict;
}

void Pipeline::on_response(Exchange& exchange) {
  for (Filter* filter : std::views::reverse(response_)) filter->on_response(exchange);
}

void Pipeline::on_end(const Exchange& exchange, const Ending& ending) {
  for (Filter* filter : end_) filter->on_end(exchange, ending);
}

}  // namespace sidecar
