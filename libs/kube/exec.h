// A command in a container of a pod, as `kubectl exec` runs it, over a WebSocket.
//
// That a command failed is an outcome; an Error is that it was not run or that nobody knows how it
// ended, and the two must not be mistaken for one another: what is unknown must not be repeated.
// may_have_run() tells. A command that nobody listens to any more is not ended by that: whoever
// must be sure gives it a time limit of its own, inside the container.
//
// The command has no standard input (exec_session.h is for one that has). v5.channel.k8s.io is
// asked for; a server before 1.30 has v4.
//
// A node that dies while the command runs is told as a success by API servers (seen of 1.36: the
// end of the node's error stream without a word counts as "no error"). Whoever must be sure that a
// command has run to its end looks at what it was to bring about.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"

namespace kube {

struct ExecRequest {
  Key pod{};
  std::string container{};                               // empty: the pod's default
  std::vector<std::string> argv{};                       // no shell
  std::size_t output_bytes_max = std::size_t{1} << 20U;  // of each output; the first are kept
};

struct ExecOutcome {
  int exit_code = 0;
  std::string out{}, err{};
  bool truncated = false;  // there was more output than was kept
  std::string protocol{};  // "v5.channel.k8s.io"
};

/// Runs the command and waits for its end.
/// Errors: InvalidArgument, NotFound, PermissionDenied, FailedPrecondition as the server refused
/// it; Unavailable, DeadlineExceeded, Cancelled, of which may_have_run() tells more. Cancellation:
/// the connection is closed; see above for what becomes of the command.
aio::Task<base::Result<ExecOutcome>> exec(aio::Clock& clock, Client& client, ExecRequest request,
                                          base::TimePoint deadline, std::stop_token stop);

/// What it is called in errors: "exec touch in shop/web".
std::string exec_name(const ExecRequest& request);
/// Starts the command; what is said over the socket is told in channel.h.
/// Errors: as exec(), without exec_name().
aio::Task<base::Result<std::shared_ptr<net::WebSocket>>> open_exec(Client& client,
                                                                   ExecRequest request, bool input,
                                                                   std::stop_token stop);

/// Of an Error of exec(): the command may have run, wholly or in part. False: it surely did not.
bool may_have_run(const base::Error& error);

}  // namespace kube
