// One question to one name server: a UDP socket of its own with a port that the kernel draws, a
// random id, one datagram, and the first datagram that answers it. The socket is connected, so that
// only the server's own datagrams arrive, and that "port unreachable" is told instead of silence.
// No retry and no time limit: both belong to the operation that the lookup is a part of.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/udp.hpp>

#include "aio/task.h"
#include "net/dns_message.h"

namespace net {

class NameQuery : public std::enable_shared_from_this<NameQuery> {
 public:
  using Done = std::function<void(const NameReply&)>;

  NameQuery(const aio::Executor& executor, const boost::asio::ip::udp::endpoint& server,
            std::string name)
      : socket_(executor), server_(server), name_(std::move(name)) {}

  /// Asks, once. `done` is called once, on the executor, never from inside, never after cancel().
  /// Again for another record, once `done` was called.
  void ask(Done done, NameRecord record = NameRecord::A);
  /// Answers it without asking, under the same promises.
  void answer(NameReply reply, Done done);
  /// Twice is harmless.
  void cancel();
  /// The question left.
  bool sent() const { return sent_; }

 private:
  void receive();
  void end(NameReply reply);

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint server_;
  std::string name_;
  NameRecord record_ = NameRecord::A;
  std::uint16_t id_ = 0;
  bool sent_ = false;
  Done done_;
  std::array<char, 4096> received_{};
};

}  // namespace net
