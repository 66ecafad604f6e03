// Session, a request that a filter lets wait: it is asked again when somebody wakes it, or by the
// core's wheel at the time that the filter said. Nothing of it has gone to the application. What
// its client sends is read as far as there is room, so that its end is noticed: who closes its side
// before it is its turn is gone, whether it would still read an answer or not.
#include <utility>

#include "sidecar/notes.h"
#include "sidecar/session.h"

namespace sidecar {

void Session::stand_in_line() {
  Active& active = *active_;
  active.in_line = active.exchange.notes[kTurnNote];
  core_.in_line[active.in_line] = this;
  wait(Wait::Turn, active.exchange.ask_at - core_.now);
  look_at_line();
}

void Session::look_at_line() {
  if (client_eof_) return client_gone();
  read_client();
}

void Session::turn() {
  const Pointer self(this);
  core_.touch();
  ask_again();
  drive();
}

void Session::ask_again() {
  Active& active = *active_;
  const Verdict verdict = active.setup->pipeline.on_turn(active.exchange, core_.now);
  if (verdict == Verdict::Wait) return wait(Wait::Turn, active.exchange.ask_at - core_.now);
  leave_line();
  if (verdict == Verdict::Answer) return answer();
  go_ahead();
}

void Session::leave_line() {
  if (active_->in_line == 0) return;
  core_.in_line.erase(std::exchange(active_->in_line, 0));
}

}  // namespace sidecar
