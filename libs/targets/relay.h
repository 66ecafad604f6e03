// A TCP relay in the path of one link, so that a drill can hurt the link without root, firewall
// rules or kernel modules. It runs as a process of its own (`muster relay`), outlives the drill
// that started it, and takes orders over a Unix socket, one JSON object a line:
//   {"get":{}}                                         what it does now
//   {"set":{"mode":"Delay","delayMillis":200}}         change it; answered when it is in force
// Modes, and what is lost in each:
//   Pass       nothing. It ends every other mode: held bytes flow, delayed ones leave at once
//   Refuse     the listener is closed, so connects are refused; open connections are reset
//   Reset      open connections are reset once, every new one as soon as it is accepted
//   BlackHole  connections stay open and silent, new ones are accepted and stay silent; nothing is
//              lost, it waits (first here, then in the kernels and the senders)
//   Delay      every byte leaves delayMillis after it came. What still waits when its sender
//              closes is DISCARDED: it stands for data in the queues of a host that died, which
//              is what loses acknowledged writes. TCP does not tell a killed process from one that
//              finished, so both discard; a sender that awaits its peer's answer before closing,
//              as PostgreSQL's walsender does in a clean shutdown, loses nothing.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"

namespace targets {

enum class RelayMode : std::uint8_t { Pass, Refuse, Reset, BlackHole, Delay };
const char* name(RelayMode mode);
base::Result<RelayMode> relay_mode(std::string_view text);

/// What a relay is told to do. Units: `delay` holds in mode Delay only.
struct RelaySetting {
  RelayMode mode = RelayMode::Pass;
  base::Duration delay{};
  bool operator==(const RelaySetting&) const = default;
};

struct RelayStatus {
  std::string name;
  std::string listen;  // with the port that port 0 became
  RelaySetting setting;
  bool listening = false;
  std::uint64_t connections = 0;  // open now
  std::uint64_t accepted = 0;
  std::uint64_t bytes_up = 0;         // delivered to the upstream
  std::uint64_t bytes_down = 0;       // delivered to clients
  std::uint64_t bytes_discarded = 0;  // see Delay
};

struct RelayOptions {
  std::string name;
  std::string listen;      // "127.0.0.1:5433"; port 0: any, told by the control socket
  std::string upstream;    // "127.0.0.1:5432"
  std::string control;     // path of the Unix socket
  std::string pid_file;    // written once both sockets listen; empty: none
  base::Duration delay{};  // above zero: starts in mode Delay
};

/// Runs until stopped; removes its control socket and pid file.
/// Errors: AlreadyExists where a port is taken (named), InvalidArgument for a bad address.
/// Cancellation: ends every connection and returns success.
aio::Task<base::Result<>> run_relay(aio::Clock& clock, RelayOptions options, std::stop_token stop);

}  // namespace targets
