// Plain TCP. Readiness is awaited and the bytes are then taken with recv() straight into one buffer
// of the thread, handed on and forgotten: ten thousand idle probe connections hold no buffers.
// Writes go out at once; only what the kernel does not take is queued.
#include <array>
#include <errno.h>
#include <sys/socket.h>

#include "net/connecting.h"
#include "net/connection.h"

namespace net {

namespace {
constexpr std::size_t kReceiveBytes = 64U << 10U;

// Every connection of a thread reads into the same buffer: nothing is kept there between calls.
std::array<char, kReceiveBytes>& receive_buffer() {
  thread_local std::array<char, kReceiveBytes> buffer;
  return buffer;
}

class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(const aio::Executor& executor, Address address, ConnectionEvents& events)
      : socket_(executor), address_(std::move(address)), events_(&events) {}

  void connect() override {
    connect_socket(socket_, address_, shared_from_this(), [this](const error_code& error) {
      if (events_ == nullptr) {
        return;
      }
      if (error) {
        fail(error);
        return;
      }
      error_code ignored;
      socket_.native_non_blocking(true, ignored);
      await_data();
      events_->on_connected();
    });
  }

  bool send(std::string_view bytes) override {
    if (!unsent_.empty()) {
      unsent_.append(bytes);
      return true;
    }
    const auto sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      close();
      return false;
    }
    const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (taken < bytes.size()) {
      unsent_.assign(bytes.substr(taken));
      await_room();
    }
    return true;
  }

  void close() override {
    events_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void await_data() {
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const error_code& error) {
                         if (self->events_ != nullptr) {
                           self->receive(error);
                         }
                       });
  }

  void receive(const error_code& waited) {
    if (waited) {
      fail(waited);
      return;
    }
    auto& buffer = receive_buffer();
    const auto got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      fail(error_code(errno, boost::system::system_category()));
      return;
    }
    if (got == 0) {
      fail(boost::asio::error::eof);
      return;
    }
    // Before the callback, which may close this connection. Readiness is re-armed by the wait, so
    // that bytes beyond the buffer are not forgotten.
    await_data();
    if (got > 0) {
      events_->on_data({buffer.data(), static_cast<std::size_t>(got)});
    }
  }

  void await_room() {
    socket_.async_wait(tcp::socket::wait_write,
                       [self = shared_from_this()](const error_code& error) {
                         if (self->events_ != nullptr) {
                           self->send_rest(error);
                         }
                       });
  }

  void send_rest(const error_code& waited) {
    if (waited) {
      fail(waited);
      return;
    }
    const auto sent = ::send(socket_.native_handle(), unsent_.data(), unsent_.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      fail(error_code(errno, boost::system::system_category()));
      return;
    }
    unsent_.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    if (!unsent_.empty()) {
      await_room();
    }
  }

  void fail(const error_code& error) {
    ConnectionEvents* events = events_;
    close();
    events->on_failed(failure_of(error), error.message());
  }

  tcp::socket socket_;
  Address address_;
  ConnectionEvents* events_;  // null: closed
  std::string unsent_;
};
}  // namespace

std::shared_ptr<Connection> make_tcp(const aio::Executor& executor, const Address& address,
                                     ConnectionEvents& events) {
  return std::make_shared<TcpConnection>(executor, address, events);
}

}  // namespace net
