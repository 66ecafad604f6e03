// The responder seen from the program that started it: its ports, its outages as they end, its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/clock.h"
#include "aio/process.h"
#include "aio/task.h"
#include "drill/evidence.h"
#include "probes/responder.h"

namespace probes {

/// A line of the responder's output.
struct ResponderEvent {
  struct Ready {
    std::uint16_t reference = 0;
    std::uint16_t control = 0;
  };
  std::optional<Ready> ready;
  std::optional<drill::ReferenceOutage> outage;
  base::Duration uncertainty{};  // of the outage's length; microseconds, unless preempted
};
/// Errors: InvalidArgument for a line that is none of the responder's.
base::Result<ResponderEvent> parse_responder_event(std::string_view line);

class ResponderProcess {
 public:
  /// Starts `argv` (the program and the word for the responder) with the options' words appended,
  /// and awaits its ports. Errors: it did not start or did not get ready within 10 s.
  static aio::Task<base::Result<ResponderProcess>> start(aio::Clock& clock,
                                                         std::vector<std::string> argv,
                                                         ResponderOptions options,
                                                         std::stop_token stop);

  std::uint16_t reference_port() const { return ready_.reference; }
  std::uint16_t control_port() const { return ready_.control; }
  /// "127.0.0.1:40001"
  std::string reference_address() const;
  std::string control_address() const;

  /// Asks for an outage now, or after those asked for before.
  base::Result<> command(const PlannedOutage& outage);
  /// The next outage that has ended. Cancellation: Cancelled.
  aio::Task<base::Result<drill::ReferenceOutage>> next(std::stop_token stop);
  /// Ends the process and returns the outages that next() has not given. One that had not ended is
  /// none: its length is not known.
  aio::Task<base::Result<std::vector<drill::ReferenceOutage>>> finish(aio::Clock& clock);

 private:
  ResponderProcess(aio::Child child, std::string host, ResponderEvent::Ready ready)
      : child_(std::move(child)), host_(std::move(host)), ready_(ready) {}

  aio::Child child_;
  std::string host_;
  ResponderEvent::Ready ready_;
};

}  // namespace probes
