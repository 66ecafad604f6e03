// A Datadog agent that is told figures over UDP. Its name is looked up beside everything else, with
// a deadline: a name server that does not answer holds up nothing but what this agent is told. An
// address is kept for a minute, since nothing tells a sender of datagrams that an agent has moved;
// where the name cannot be looked up again, the one that was known goes on to be used.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/host_lookup.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Thread: of its executor.
class DogstatsdAgent {
 public:
  /// Lifetime: the clock outlives it.
  DogstatsdAgent(aio::Clock& clock, aio::Executor executor, HostPort address)
      : clock_(clock), executor_(std::move(executor)), address_(std::move(address)) {}
  DogstatsdAgent(const DogstatsdAgent&) = delete;
  DogstatsdAgent& operator=(const DogstatsdAgent&) = delete;

  /// Until there is a socket to send from. Errors: of the name; DeadlineExceeded after `until`.
  /// Cancellation: Cancelled.
  aio::Task<base::Result<>> connect(base::TimePoint until, std::stop_token stop);
  /// One datagram each; connect() was good. Errors: the last of those that could not be sent.
  base::Result<> send(const std::vector<std::string>& packets);

 private:
  using Endpoints = net::HostLookup::Endpoints;
  aio::Task<base::Result<Endpoints>> find(std::stop_token stop);
  base::Result<> open(const Endpoints& endpoints);

  aio::Clock& clock_;
  aio::Executor executor_;
  HostPort address_;
  std::optional<boost::asio::ip::udp::socket> socket_;
  base::TimePoint kept_until_{};
};

}  // namespace sidecar
