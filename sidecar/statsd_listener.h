// Takes StatsD's packets from a UDP port. What comes faster than it is taken in waits in the
// system's buffer, which has a size, and what has no place there is lost: the system counts it, and
// so do we. A turn takes a bounded number of packets and bytes and then lets others of the thread
// have theirs, so that a flood costs at most half of a core and no request anything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"

namespace sidecar {

/// Thread: of its executor.
class StatsdListener {
 public:
  using Take = std::function<void(std::string_view packet)>;

  /// Lifetime: the clock outlives it. Errors: AlreadyExists when the port is taken.
  static base::Result<std::unique_ptr<StatsdListener>> listen(
      aio::Clock& clock, const aio::Executor& executor,
      const boost::asio::ip::udp::endpoint& endpoint, Take take);

  /// The port in use, also where 0 was asked for.
  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  /// Until it is told to stop; the socket is closed then.
  aio::Task<base::Result<>> serve(std::stop_token stop);
  /// Packets that the system had no place for. Known by the next one that has one.
  std::uint64_t lost() const { return lost_; }

 private:
  StatsdListener(aio::Clock& clock, const aio::Executor& executor, Take take);
  base::Result<> open(const boost::asio::ip::udp::endpoint& endpoint);
  bool take_some();
  std::size_t take_one(bool& taken);

  aio::Clock& clock_;
  boost::asio::ip::udp::socket socket_;
  Take take_;
  std::vector<char> packet_;
  std::uint32_t lost_before_ = 0;  // as the system counts, which begins anew after 2^32
  std::uint64_t lost_ = 0;
};

}  // namespace sidecar
