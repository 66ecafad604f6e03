// One port of the responder: a listener and its connections, served from a poll loop that somebody
// else runs. HTTP requests get 200, everything else is echoed.
#pragma once

#include <cstdint>
#include <poll.h>
#include <string>
#include <vector>

#include "aio/descriptor.h"
#include "base/result.h"
#include "base/time.h"

namespace probes {

/// The two stamps around the system call that changed something: the moment lies between them.
struct Moment {
  base::TimePoint before{};
  base::TimePoint after{};
};

class ResponderServer {
 public:
  /// A free port of `host`. Errors: InvalidArgument for the host.
  static base::Result<ResponderServer> open(const std::string& host);

  std::uint16_t port() const { return port_; }
  /// Connects are refused and open connections reset, until serve().
  Moment refuse();
  /// Listens again. Errors: the port was lost.
  base::Result<Moment> serve();

  /// What to poll for; none of it while refusing.
  void watch(std::vector<pollfd>& polled) const;
  /// Serves what is ready of `polled`, which begins with what watch() had appended.
  void handle(const pollfd* polled);

 private:
  struct Peer {
    aio::Descriptor socket;
    std::string request;  // HTTP: what came of a request that is not whole
    bool http = false;
  };
  void accept_all();
  /// False: the connection is done with.
  static bool answer(Peer& peer);
  static bool answer_http(Peer& peer, std::string_view bytes);

  aio::Descriptor listener_;
  std::vector<Peer> peers_;
  std::uint16_t port_ = 0;
  bool listening_ = false;
};

}  // namespace probes
