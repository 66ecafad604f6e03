// What may happen to an exchange on its way: a filter sees the head of a request before it goes on,
// the head of the response before it goes back, and the end. It never sees a body: bytes of bodies
// pass without a call. Each core has filters of its own, so that none needs a lock; what they count
// is summed when it is asked for.
#pragma once

#include "base/time.h"
#include "sidecar/exchange.h"

namespace sidecar {

enum class Verdict : std::uint8_t {
  Forward,
  Answer,  // Exchange::reply is the answer; the filters behind this one do not see the request
  Wait     // it waits, until Exchange::ask_at at the latest, and then on_turn() is asked
};

/// Which of its functions a filter has.
struct Hooks {
  bool request = false, response = false, end = false;
};

/// Thread: of its core.
class Filter {
 public:
  virtual ~Filter() = default;
  virtual Hooks hooks() const = 0;
  /// May add fields in both directions, leave out fields of the request, or answer.
  virtual Verdict on_request(Exchange& exchange, base::TimePoint now);
  /// Of a request that waits in this filter: as on_request(). It is under its number in the notes
  /// (kTurnNote) that the filter has its core wake it.
  virtual Verdict on_turn(Exchange& exchange, base::TimePoint now);
  /// May add fields for the client and leave out fields of the response. Own answers and refusals
  /// come here as well, also of requests that on_request() never saw.
  virtual void on_response(Exchange& exchange);
  /// Once for every exchange, whatever its end.
  virtual void on_end(const Exchange& exchange, const Ending& ending);
};

inline Verdict Filter::on_request(Exchange& /*exchange*/, base::TimePoint /*now*/) {
  return Verdict::Forward;
}
inline Verdict Filter::on_turn(Exchange& /*exchange*/, base::TimePoint /*now*/) {
  return Verdict::Forward;
}
inline void Filter::on_response(Exchange& /*exchange*/) {}
inline void Filter::on_end(const Exchange& /*exchange*/, const Ending& /*ending*/) {}

}  // namespace sidecar
