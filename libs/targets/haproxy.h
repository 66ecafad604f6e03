// The route of a service through HAProxy, by its runtime API over the admin socket (management.txt
// §9.3). A server of the backend is Ready (gets users), Drain (keeps those it has) or Maint (none).
// Taking a server out also ends its sessions: users of a dead or deposed server must notice, and
// open connections would otherwise go on reaching it.
//
// All commands of a change travel in one line, which HAProxy carries out without letting
// connections in between; those that take servers out come first, so there is no moment with two.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"

namespace targets {

enum class RouteState { Ready, Drain, Maint };
const char* name(RouteState state);
base::Result<RouteState> route_state(std::string_view text);

struct RouteServer {
  std::string name;
  RouteState state = RouteState::Ready;
  bool operator==(const RouteServer&) const = default;
};

/// Reads the answer to `show servers state BACKEND`.
/// Errors: NotFound when it has no server, DataLoss when it is no such answer.
base::Result<std::vector<RouteServer>> parse_servers_state(std::string_view text);

/// The command line that leads to these states from wherever the servers are.
std::string route_command(const std::string& backend, const std::vector<RouteServer>& servers);

class HaProxy {
 public:
  HaProxy(aio::Clock& clock, std::string socket, std::string backend)
      : clock_(clock), socket_(std::move(socket)), backend_(std::move(backend)) {}

  /// Errors: Unavailable where HAProxy is dead.
  aio::Task<base::Result<std::vector<RouteServer>>> servers(std::stop_token stop);
  /// Brings the servers named into the states given and reads them back.
  /// Errors: Unavailable; FailedPrecondition with HAProxy's own words.
  aio::Task<base::Result<>> set(std::vector<RouteServer> servers, std::stop_token stop);

 private:
  aio::Task<base::Result<std::string>> ask(std::string command, std::stop_token stop);

  aio::Clock& clock_;
  std::string socket_;
  std::string backend_;
};

}  // namespace targets
