// Both ways of a connection over which lines are exchanged, whatever carries it: a socket of this
// machine, a command in a pod.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "aio/task.h"
#include "base/result.h"

namespace runner {

class Link {
 public:
  /// Nothing may be under way.
  virtual ~Link() = default;
  /// What came next; empty: the other side has ended it. Errors: Unavailable and what the carrier
  /// says. Cancellation: Cancelled; the link cannot be used again.
  virtual aio::Task<base::Result<std::string>> read(std::stop_token stop) = 0;
  /// All of it. Errors and cancellation: as read().
  virtual aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) = 0;
  /// In order, when nothing is under way.
  virtual aio::Task<> close(std::stop_token stop) = 0;
};

/// Makes a new link. Errors: why there is none now.
using Connect = std::function<aio::Task<base::Result<std::unique_ptr<Link>>>(std::stop_token)>;

/// Cuts what a link reads into lines. Lifetime: the link outlives it.
class LinkLines {
 public:
  LinkLines(Link& link, std::size_t bytes_max) : link_(link), bytes_max_(bytes_max) {}
  /// The next one, without its end. Errors: those of the link; Unavailable at its end,
  /// ResourceExhausted over `bytes_max`.
  aio::Task<base::Result<std::string>> next(std::stop_token stop);

 private:
  Link& link_;
  std::size_t bytes_max_;
  std::string rest_;
};

}  // namespace runner
