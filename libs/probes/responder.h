// The reference responder (measurement.md §8): a process of its own with known outages, so that the
// prober can be checked against the truth in every drill. It serves two ports on loopback:
//   reference   refuses (listener gone, connections reset) and hangs (nothing is read or accepted)
//               for known times P, by its own seeded plan or on command; otherwise it serves
//   control     always serves
// Both answer HTTP requests with 200 and echo everything else. One thread and one poll loop: while
// the reference hangs nothing of it can be served by accident, and its stamps lie next to the one
// system call that begins or ends an outage: shutdown() and listen() on a socket that stays bound,
// so that nobody else can take the port in between.
//
// On stdout, one JSON object a line:
//   {"ready":{"pid":1,"reference":40001,"control":40002}}
//   {"outage":{"kind":"Refuse","beganNanos":1,"lengthNanos":2,"uncertaintyNanos":3}}
// On stdin, one command a line: "refuse MILLIS", "hang MILLIS", "stop". The end of stdin means that
// whoever started the responder is gone: it ends, so that nothing is left behind.
// Stamps are CLOCK_MONOTONIC, but a judgement uses the lengths alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "drill/evidence.h"

namespace probes {

struct PlannedOutage {
  drill::ReferenceOutage::Kind kind{};
  base::Duration length{};
  bool operator==(const PlannedOutage&) const = default;
};

struct ResponderOptions {
  std::string host = "127.0.0.1";
  std::uint64_t seed = 0;                       // 0: outages on command only
  base::Duration deadline = base::seconds(1);   // D: hangs are longer than D + 2Δ
  base::Duration interval = base::millis(100);  // Δ
  base::Duration settle = base::seconds(3);     // between outages, at least

  /// From "seed=7 deadline-millis=1000 interval-millis=100 settle-millis=3000 host=127.0.0.1".
  /// Errors: InvalidArgument naming the word.
  static base::Result<ResponderOptions> parse(const std::vector<std::string>& words);
  /// The words that parse() takes.
  std::vector<std::string> words() const;
};

/// What comes next by the seed: refusals and hangs in turn, of random lengths.
PlannedOutage next_outage(base::Random& random, const ResponderOptions& options, bool hang);

/// A line of stdin. Errors: InvalidArgument.
struct ResponderCommand {
  std::optional<PlannedOutage> outage;  // none: stop
};
base::Result<ResponderCommand> parse_responder_command(std::string_view line);

/// Serves until stdin ends or "stop" comes. Errors: a port that cannot be had.
base::Result<> run_responder(const ResponderOptions& options);

}  // namespace probes
