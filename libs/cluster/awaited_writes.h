// What a drill writes is not given up half-way. A request that was given up when it had left may
// still be carried out, after the undo has looked and found nothing to do. So its answer is awaited
// for a while after a stop, and only reads are given up at once; what is not begun yet is not
// begun. What has no answer all the same, because nobody may wait for ever, is remembered for as
// long as it may still take effect: the server is told (`timeout=`) to try for less than its own
// minute, and a connection that is given up takes nothing there any more (net::HttpClient).
//
// Source: kube-apiserver, endpoints/filters/request_deadline.go: `timeout` counts from when a
// request was received, and bounds all of its work, admission too.
#pragma once

#include <string>

#include "kube/forwarding_client.h"

namespace cluster {

/// Less than the guardian gives a runner that is overdue (operator/guard.cpp).
inline constexpr base::Duration kAnswerWithin = base::seconds(3);
/// What the server is told. Less than a drill's clients wait (operator/pod_program.cpp), so that
/// it is the server who says that there was no time.
inline constexpr base::Duration kServerTries = base::seconds(8);
/// For how long what was given up may still take effect: what etcd was told when the server's time
/// was over is done a moment later.
inline constexpr base::Duration kLandsWithin = kServerTries + base::seconds(2);

class AwaitedWrites final : public kube::ForwardingClient {
 public:
  /// Lifetime: both outlive it.
  AwaitedWrites(aio::Clock& clock, kube::Client& inner) : ForwardingClient(inner), clock_(clock) {}

  /// Errors: Cancelled also where no answer came within kAnswerWithin of the stop.
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target,
                                            std::string content_type, std::string body,
                                            std::stop_token stop) override;
  /// Until when a write of which nobody heard how it ended may still take effect; long ago: there
  /// is none.
  base::TimePoint may_land_until() const { return may_land_until_; }

 private:
  aio::Clock& clock_;
  base::TimePoint may_land_until_{};
};

}  // namespace cluster
