// A connection to the application, and those that are kept for the next request.
//
// A read is outstanding all the time, also while nobody uses the connection: its end is noticed
// when it happens instead of by the request that would have met it, and the read that waits is the
// one that gets the next response, so that keeping watch costs nothing.
#pragma once

#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "sidecar/core.h"
#include "sidecar/gather.h"

namespace sidecar {

class Session;

class Upstream : public boost::intrusive_ref_counter<Upstream, boost::thread_unsafe_counter> {
 public:
  explicit Upstream(Core& core);

  /// Calls Session::upstream_connected(), never from inside: when a place took the connection, or
  /// none did. Lifetime: `to` outlives it.
  void connect(Session& owner, Places& to);
  void attach(Session& owner) { owner_ = &owner; }
  void detach() { owner_ = nullptr; }
  /// Makes sure that a read is outstanding, if there is room: Session::upstream_read() follows.
  void read();
  /// Writes what can be written now; the rest is awaited and Session::upstream_written() follows.
  /// `gather` lives until then. The error of a write that failed; would_block: awaited.
  error_code write(Gather& gather);
  bool writing() const { return writing_; }
  /// The application closed, or the connection broke: nothing more can be read.
  bool ended() const { return static_cast<bool>(error_); }
  const error_code& error() const { return error_; }
  bool reused() const { return reused_; }
  void shut_down_sending();
  /// When it is closed the application is told that this is no proper end.
  void forsake();
  void close();

  Buffer buffer;

 private:
  friend class UpstreamPool;
  using Pointer = boost::intrusive_ptr<Upstream>;
  void dial(Places& to, std::size_t at, std::size_t left);
  void dialled(Places& to, std::size_t at, std::size_t left, const error_code& error);
  void read_done(const error_code& error, std::size_t count);
  void await_write(Gather& gather);

  Core& core_;
  Socket socket_;
  Session* owner_ = nullptr;
  Timer timer_;
  base::TimePoint kept_until_{};
  error_code error_;
  bool reading_ = false, writing_ = false, reused_ = false, closed_ = false;
};

using UpstreamPointer = boost::intrusive_ptr<Upstream>;

/// The connection that was used last is used first, so that others become idle and end.
class UpstreamPool {
 public:
  explicit UpstreamPool(Core& core) : core_(core) {}
  /// Null: there is none.
  UpstreamPointer take();
  /// One with nothing under way.
  void give(UpstreamPointer upstream);
  void drop(Upstream& upstream);
  void clear();

 private:
  friend class Upstream;
  void ring(Upstream& upstream);

  Core& core_;
  std::vector<UpstreamPointer> idle_;
};

}  // namespace sidecar
