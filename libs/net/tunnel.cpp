// From a server's Address to a socket over which it can be spoken to by TLS: straight, or through a
// proxy that is asked for a way there. What stands between us and the server is named in what went
// wrong, because who reads it has to know which of the two to look at.
#include <array>
#include <utility>

#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "net/connecting.h"
#include "net/tls_context.h"

namespace net {

namespace asio = boost::asio;

namespace {

using Done = std::function<void(std::optional<ConnectFailure>)>;

constexpr std::size_t kReadBytes = 1024;
constexpr unsigned kTaken = 200, kNotTaken = 300;

class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  Tunnel(tcp::socket& socket, Proxy proxy, const Address& server, std::shared_ptr<void> keep,
         Done done)
      : socket_(socket),
        proxy_(std::move(proxy)),
        server_(server),
        request_(tunnel_request(proxy_, server)),
        keep_(std::move(keep)),
        done_(std::move(done)) {}

  std::function<void()> begin() {
    return connect_socket(socket_, proxy_.address, keep_,
                          [self = shared_from_this()](const error_code& error) {
                            if (error) return self->fail(error);
                            self->ask();
                          });
  }

 private:
  void ask() {
    asio::async_write(socket_, asio::buffer(request_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (error) return self->fail(error);
                        self->read();
                      });
  }

  void read() {
    socket_.async_read_some(asio::buffer(part_),
                            [self = shared_from_this()](const error_code& error, std::size_t got) {
                              if (error) return self->fail(error);
                              self->answer_.append(self->part_.data(), got);
                              self->look();
                            });
  }

  void look() {
    const auto answer = tunnel_answer(answer_);
    if (!answer) return fail(Failure::Reset, answer.error().message);
    if (!*answer) return read();
    const TunnelAnswer& head = **answer;
    if (head.status < kTaken || head.status >= kNotTaken) {
      return fail(Failure::Unreachable,
                  fmt::format("no way to {}: {} {}", server_.text(), head.status, head.reason));
    }
    // A server of TLS does not speak first.
    if (head.bytes != answer_.size()) return fail(Failure::Reset, "it says what nobody asked for");
    end(std::nullopt);
  }

  void fail(const error_code& error) { fail(failure_of(error), error.message()); }
  void fail(Failure failure, const std::string& why) {
    end(ConnectFailure{failure, fmt::format("proxy {}: {}", proxy_.address.text(), why)});
  }
  void end(const std::optional<ConnectFailure>& outcome) {
    const auto keep = std::exchange(keep_, nullptr);  // of which the socket is a part
    std::exchange(done_, nullptr)(outcome);
  }

  tcp::socket& socket_;
  const Proxy proxy_;
  const Address server_;
  const std::string request_;
  std::shared_ptr<void> keep_;
  Done done_;
  std::array<char, kReadBytes> part_{};
  std::string answer_;
};

}  // namespace

std::function<void()> connect_for_tls(tcp::socket& socket, const TlsContext& context,
                                      const Address& address, std::shared_ptr<void> keep,
                                      Done done) {
  if (context.proxy) {
    return std::make_shared<Tunnel>(socket, *context.proxy, address, std::move(keep),
                                    std::move(done))
        ->begin();
  }
  return connect_socket(socket, address, std::move(keep),
                        [done = std::move(done)](const error_code& error) {
                          if (!error) return done(std::nullopt);
                          done(ConnectFailure{failure_of(error), error.message()});
                        });
}

}  // namespace net
