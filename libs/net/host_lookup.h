// A host name as this machine knows it, by its files and name servers. That may take as long as a
// name server that is away lets it, and nothing can hurry it: each name that is being looked up has
// a thread of its own for that time, so that one that hangs holds up no other. Who asks for a name
// that is being looked up shares its answer: there are never more threads than names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "aio/task.h"

namespace net {

class HostLookup : public std::enable_shared_from_this<HostLookup> {
 public:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  /// Without an error there is at least one.
  using Found = std::function<void(const boost::system::error_code&, const Endpoints&)>;

  /// `found` is called once, on the executor, never from inside, and not after cancel(), nor when
  /// the executor's context has gone. Thread: the executor's.
  static std::shared_ptr<HostLookup> begin(const aio::Executor& executor, const std::string& host,
                                           std::uint16_t port, Found found);

  HostLookup(const aio::Executor& executor, std::uint16_t port, Found found);
  /// Twice is harmless. What hangs goes on to hang, and nobody waits for it.
  void cancel();
  /// Of the thread that looked it up.
  void answer(boost::system::error_code error, Endpoints found);

 private:
  void tell(const boost::system::error_code& error, Endpoints found);

  const std::uint16_t port_;
  std::mutex mutex_;
  aio::Executor executor_;  // guarded by mutex_; it keeps its context at work
  Found found_;             // guarded by mutex_; empty: nobody waits
};

}  // namespace net
