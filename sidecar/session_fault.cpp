// Session, what faults of a drill do to it (fault_rules.h). In mode http it is decided once for
// each request, before the application hears of it; in mode tcp for each piece of bytes, so that
// connections that live on are touched too.
//
// Whoever stands in a fault looks every now and then whether it is still in force: it ends by its
// lease, by its owner, or with the sidecar, and what it held goes on then as if nothing had been.
#include <algorithm>
#include <utility>

#include "sidecar/client_address.h"
#include "sidecar/error_reply.h"
#include "sidecar/session.h"

namespace sidecar {
namespace {

constexpr base::Duration kLookEvery = base::millis(100);
/// The deadline of a connection that stands in a fault; moved with each look.
constexpr base::Duration kLookLate = base::seconds(60);

// What a piece has behind it.
constexpr std::uint8_t kNothing = 0, kLatency = 1, kBandwidth = 2;

}  // namespace

/// Late first, then what ends or holds it, then on to the application.
void Session::meet_fault() {
  Active& active = *active_;
  Touch& touch = active.exchange.touch;
  active.in_fault = true;
  if (const auto fault = std::exchange(touch.latency, 0); fault != 0) {
    return stand(Way::Up, fault, core_.now + touch.delay);
  }
  if (const auto fault = touch.stop; fault != 0 && core_.faults.in_force(fault, core_.now)) {
    if (touch.how == FaultKind::Abort) return answer_fault(touch.status);
    if (touch.how == FaultKind::Reset) return end_in_fault();
    return stand(Way::Up, fault, base::kNever);
  }
  active.in_fault = false;
  acquire(true);
}

void Session::answer_fault(int status) {
  Exchange& exchange = active_->exchange;
  active_->in_fault = false;
  reply_with_error(exchange, status, "fault",
                   "a drill has this answered in place of the application");
  answer();
}

void Session::end_in_fault() {
  finish(Ended::Faulted);
  reset();
}

/// Asked before a piece of `bytes` goes on. True: it stands, or the connection has ended.
bool Session::held_up(Way way, std::size_t bytes) {
  if (fault_waits_ != nullptr && fault_waits_->at(way).fault != 0) return true;
  const bool free = core_.settings().mode == Mode::Tcp ? !core_.faults.any()
                                                       : active_->exchange.touch.bandwidth == 0;
  return !free && hold_up(way, bytes);
}

bool Session::hold_up(Way way, std::size_t bytes) {
  Active& active = *active_;
  Touch& touch = active.exchange.touch;
  std::uint8_t& paid = active.paid[static_cast<std::size_t>(way)];
  const bool tcp = core_.settings().mode == Mode::Tcp;
  if (tcp) decide_anew();
  if (tcp && touch.stop != 0 && core_.faults.in_force(touch.stop, core_.now)) {
    if (touch.how == FaultKind::Reset) {
      end_in_fault();
    } else {
      stand(way, touch.stop, base::kNever);
    }
    return true;
  }
  const bool late = tcp && way == Way::Up && paid == kNothing && touch.latency != 0;
  if (late && core_.faults.in_force(touch.latency, core_.now)) {
    paid = kLatency;
    stand(way, touch.latency, core_.now + touch.delay);
    return true;
  }
  const bool slow = paid != kBandwidth && touch.bandwidth != 0 && bytes > 0;
  if (slow && core_.faults.in_force(touch.bandwidth, core_.now)) {
    paid = kBandwidth;
    stand(way, touch.bandwidth, core_.now + time_of(bytes, touch.bytes_per_second));
    return true;
  }
  paid = kNothing;
  return false;
}

/// Of mode tcp: after each change of the faults, with the number that the connection has drawn.
void Session::decide_anew() {
  Active& active = *active_;
  const std::uint64_t version = core_.faults.version();
  if (active.fault_version == version) return;
  active.fault_version = version;
  if (active.fault_number == 0) active.fault_number = core_.faults.draw();
  active.exchange.touch = core_.faults.decide({.peer = address_of(client_)}, core_.now,
                                              active.fault_number, active.exchange.touch);
}

void Session::stand(Way way, std::uint64_t fault, base::TimePoint until) {
  if (fault_waits_ == nullptr) fault_waits_ = std::make_unique<FaultWaits>(core_.context);
  FaultWait& place = fault_waits_->at(way);
  place.fault = fault;
  place.until = until;
  ++place.turn;
  const bool holds = until == base::kNever;
  if (active_->in_fault || (holds && way == Way::Up)) read_client();  // or its end is not noticed
  look_at_fault(way);
}

void Session::look_at_fault(Way way) {
  FaultWait& place = fault_waits_->at(way);
  const bool over = core_.now >= place.until || !core_.faults.in_force(place.fault, core_.now);
  if (!over && active_->in_fault && place.until == base::kNever) {
    if (client_eof_) return client_gone();
    read_client();  // its body, and its end behind that
  }
  wait(Wait::Fault, kLookLate);
  // Never from inside: whoever asked for it is in the middle of something.
  const base::TimePoint next = over ? core_.now : std::min(place.until, core_.now + kLookEvery);
  place.timer.expires_after(next - core_.now);
  place.timer.async_wait(
      [self = Pointer(this), way, over, turn = place.turn](const error_code& error) {
        if (error || self->phase_ == Phase::Closed) return;
        if (self->fault_waits_->at(way).turn != turn) return;
        self->core_.touch();
        if (over) {
          self->go_on(way);
        } else {
          self->look_at_fault(way);
        }
        self->drive();
      });
}

void Session::go_on(Way way) {
  fault_waits_->at(way).fault = 0;
  if (active_->in_fault) return meet_fault();
  progress();
  if (way == Way::Up) return pump_request();
  pump_response();
}

}  // namespace sidecar
