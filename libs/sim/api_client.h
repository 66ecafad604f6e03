// kube::Client between processes in virtual time (sim/processes.h) and the API server in memory
// (sim/api_server.h), over a network that delays, loses and cuts: a request or its answer may be
// lost, a watch may be late, say a thing twice, break, or fall silent for ever. Around each write
// somebody is asked, who may kill the process or let it stand still right before it is sent, or
// right after it has landed and before the answer is there. A command in a container (exec) is one
// more such write; it goes on when nobody listens to it any more, prints nothing and ends well.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "kube/client.h"
#include "sim/api_server.h"
#include "sim/processes.h"

namespace sim {

/// Chances are those of one request, or of one event of a watch.
struct Weather {
  base::Duration delay_least = base::millis(1), delay_most = base::millis(8);
  double lost = 0;        // the request: it does nothing
  double unanswered = 0;  // the answer: it was done
  double watch_late = 0;  // an event, and with it all behind it, by up to two seconds
  double watch_twice = 0;
  double watch_cut = 0;
  double watch_silent = 0;
};

/// The way to one server. Lifetime: outlives its clients.
class ApiLink {
 public:
  ApiLink(Machine& machine, ApiServer& server, std::uint64_t seed)
      : machine(machine), server(server), random(seed) {}
  ApiLink(const ApiLink&) = delete;
  ApiLink& operator=(const ApiLink&) = delete;

  Machine& machine;
  ApiServer& server;
  base::Random random;
  Weather weather;
  bool is_up = true;  // else every request is refused
  /// Whose word the server still takes; empty: everybody's. What it does not is answered by 401.
  std::function<bool(const Process&)> admits;
  /// Called when a request of this process reaches the server.
  std::function<void(const Process&, const ApiRequest&)> reached;

  /// How long a request takes more than others; empty: none does.
  struct HoldUp {
    base::Duration on_the_way{};  // what is given up meanwhile, or whose sender dies, comes nowhere
    /// At most what the request says (`timeout=`), or else for as long as servers work on a write.
    base::Duration at_the_server{};
  };
  std::function<HoldUp(const Process&, const ApiRequest&)> held_up;

  /// Begins a command, and says for how long it runs; empty: there are none.
  std::function<base::Duration(const ApiTarget& exec)> command;

  /// May kill it or let it stand still, and give the write a number.
  std::function<void(Process&, ApiRequest&)> before_write;
  std::function<void(Process&, const ApiRequest&)> after_write;

  base::Duration delay();
};

/// Whether it would change something.
bool is_write(const ApiRequest& request);

/// For a process. On another executor than its own a request blocks the process until it has ended.
std::unique_ptr<kube::Client> connect(ApiLink& link, Process& process, aio::Executor executor,
                                      const kube::ClientOptions& options);

}  // namespace sim
