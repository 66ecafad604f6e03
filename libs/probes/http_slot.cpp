#include "probes/http_slot.h"

namespace probes {

using State = net::HttpResponseParser::State;

void HttpAnswerSlot::take(std::string_view bytes) {
  switch (answer().feed(bytes)) {
    case State::More: return;
    case State::Done: answered(); return;
    case State::Broken: end_broken();
  }
}

bool HttpAnswerSlot::ended_by_close() {
  const bool done = answer().closed() == State::Done;
  if (done) answered();
  return done;
}

}  // namespace probes
