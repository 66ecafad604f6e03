// Plain TCP. A read is always outstanding, so that no readiness is asked for per operation; writes
// go out at once, and only what the kernel does not take is queued.
#include <algorithm>
#include <array>
#include <errno.h>
#include <sys/socket.h>
#include <utility>

#include "net/connecting.h"
#include "net/connection.h"

namespace net {

namespace {
// What a probe's answer fits into. A read into it is always outstanding: the socket stays
// registered edge-triggered, and an exchange needs no epoll_ctl, as waiting for readiness would.
constexpr std::size_t kAnswerBytes = 1024;
constexpr std::size_t kReceiveBytes = 64U << 10U;

// For longer ones, shared by the connections of a thread: nothing is kept there between calls.
std::array<char, kReceiveBytes>& receive_buffer() {
  thread_local std::array<char, kReceiveBytes> buffer;
  return buffer;
}

class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(const aio::Executor& executor, Address address, ConnectionEvents& events)
      : socket_(executor), address_(std::move(address)), events_(&events) {}

  void connect() override {
    cancel_ =
        connect_socket(socket_, address_, shared_from_this(), [this](const error_code& error) {
          if (events_ == nullptr) {
            return;
          }
          cancel_ = nullptr;
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

  bool stands() override { return nothing_to_read(socket_.native_handle()); }

  void close() override {
    events_ = nullptr;
    if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
    error_code ignored;
    socket_.close(ignored);
  }

  void abandon() override {
    error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    close();
  }

 private:
  void await_data() {
    socket_.async_read_some(
        boost::asio::buffer(received_),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
          if (self->events_ != nullptr) {
            self->receive(error, bytes);
          }
        });
  }

  // Each callback may close this connection.
  void receive(const error_code& error, std::size_t bytes) {
    if (error) {
      fail(error);
      return;
    }
    if (bytes < received_.size()) {
      events_->on_data({received_.data(), bytes});
    } else {
      receive_more();
    }
    if (events_ != nullptr) {
      await_data();
    }
  }

  // The buffer is full: what follows is handed over together with it.
  void receive_more() {
    auto& buffer = receive_buffer();
    auto* const rest = std::copy(received_.begin(), received_.end(), buffer.begin());
    const auto got =
        ::recv(socket_.native_handle(), rest, buffer.size() - received_.size(), MSG_DONTWAIT);
    const int error = got < 0 ? errno : 0;
    const std::size_t more = got > 0 ? static_cast<std::size_t>(got) : 0;
    events_->on_data({buffer.data(), received_.size() + more});
    if (events_ != nullptr && error != 0 && error != EAGAIN && error != EINTR) {
      fail(error_code(error, boost::system::system_category()));
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
  ConnectionEvents* events_;      // null: closed
  std::function<void()> cancel_;  // the lookup of a name that is under way
  std::string unsent_;
  std::array<char, kAnswerBytes> received_{};
};
}  // namespace

std::shared_ptr<Connection> make_tcp(const aio::Executor& executor, const Address& address,
                                     ConnectionEvents& events) {
  return std::make_shared<TcpConnection>(executor, address, events);
}

}  // namespace net
