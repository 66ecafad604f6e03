// A command in a container of a pod that is spoken with: its standard input and output as a stream,
// over the same WebSocket as exec() and under the same rights. What it says on its error output is
// kept for the reason why it ended. Errors say no more than exec()'s of whether it ran.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "kube/exec.h"

namespace kube {

class ExecSession {
 public:
  /// `request.output_bytes_max`: of the error output. Errors: as exec().
  static aio::Task<base::Result<std::unique_ptr<ExecSession>>> open(Client& client,
                                                                    ExecRequest request,
                                                                    std::stop_token stop);
  /// Nothing may be under way.
  virtual ~ExecSession() = default;

  /// What it said next; empty: it has ended, with exit code 0.
  /// Errors: Unavailable: it ended otherwise, and what it said of that; those of a WebSocket.
  /// Cancellation: Cancelled; the connection is closed, and with it the command's input.
  virtual aio::Task<base::Result<std::string>> read(std::stop_token stop) = 0;
  /// To its standard input; one at a time. Errors and cancellation: as read().
  virtual aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) = 0;
  /// When nothing is under way. What the command does upon that is its own affair.
  virtual aio::Task<> close(std::stop_token stop) = 0;
};

}  // namespace kube
