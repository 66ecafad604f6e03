#include "net/connecting.h"

#include <charconv>
#include <errno.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "net/host_lookup.h"
#include "net/names.h"

namespace net {

namespace asio = boost::asio;

base::Result<Address> Address::parse(std::string_view text) {
  const auto wrong = [&] {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("address '{}': host:port is needed, with a port of 1 to 65535", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return wrong();
  }
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();
  }
  Address out;
  out.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || out.port == 0 || host.empty()) {
    return wrong();
  }
  return out;
}

std::string Address::text() const {
  const bool six = host.find(':') != std::string::npos;
  return six ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Failure failure_of(const error_code& error) {
  if (error == asio::error::eof) {
    return Failure::Closed;
  }
  if (error == asio::error::connection_refused) {
    return Failure::Refused;
  }
  if (error.category() == name_errors() || error.category() == asio::error::get_netdb_category() ||
      error.category() == asio::error::get_addrinfo_category() ||
      error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
      error == asio::error::network_down || error == asio::error::timed_out ||
      error == asio::error::access_denied) {
    return Failure::Unreachable;
  }
  return Failure::Reset;
}

bool nothing_to_read(int socket) {
  char next = 0;
  const auto got = ::recv(socket, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

namespace {
void connect_one(tcp::socket& socket, const tcp::endpoint& endpoint, std::shared_ptr<void> keep,
                 std::function<void(const error_code&)> done) {
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error) {
    socket.set_option(tcp::no_delay(true), error);
  }
  if (error) {
    asio::post(socket.get_executor(),
               [keep = std::move(keep), done = std::move(done), error] { done(error); });
    return;
  }
  socket.async_connect(endpoint, [keep = std::move(keep), done = std::move(done)](
                                     const error_code& outcome) { done(outcome); });
}

/// The addresses of a name, one after the other.
template <class Endpoints>
void connect_any(tcp::socket& socket, const Endpoints& endpoints, std::shared_ptr<void> keep,
                 std::function<void(const error_code&)> done) {
  asio::async_connect(socket, endpoints,
                      [&socket, keep = std::move(keep), done = std::move(done)](
                          const error_code& outcome, const tcp::endpoint&) {
                        error_code ignored;
                        socket.set_option(tcp::no_delay(true), ignored);
                        done(outcome);
                      });
}

std::vector<tcp::endpoint> endpoints_of(const Names::Addresses& addresses, std::uint16_t port) {
  std::vector<tcp::endpoint> out;
  for (const auto& address : addresses) out.emplace_back(address, port);
  return out;
}

/// At the system's own name server.
std::function<void()> connect_named(tcp::socket& socket, const Address& address,
                                    std::shared_ptr<void> keep,
                                    std::function<void(const error_code&)> done) {
  if (const auto known = address.names->known(address.host)) {
    connect_any(socket, endpoints_of(*known, address.port), std::move(keep), std::move(done));
    return {};
  }
  const auto query = address.names->look_up(
      socket.get_executor(), address.host,
      [&socket, port = address.port, keep = std::move(keep), done = std::move(done)](
          const error_code& error, const Names::Addresses& found) {
        if (error) return done(error);
        connect_any(socket, endpoints_of(found, port), keep, done);
      });
  return [query] { query->cancel(); };
}

std::function<void()> connect_as_this_machine(tcp::socket& socket, const Address& address,
                                              std::shared_ptr<void> keep,
                                              std::function<void(const error_code&)> done) {
  const auto lookup =
      HostLookup::begin(socket.get_executor(), address.host, address.port,
                        [&socket, keep = std::move(keep), done = std::move(done)](
                            const error_code& error, const HostLookup::Endpoints& found) {
                          if (error) return done(error);
                          connect_any(socket, found, keep, done);
                        });
  return [lookup] { lookup->cancel(); };
}
}  // namespace

std::function<void()> connect_socket(tcp::socket& socket, const Address& address,
                                     std::shared_ptr<void> keep,
                                     std::function<void(const error_code&)> done) {
  error_code no_number;
  const auto number = asio::ip::make_address(address.host, no_number);
  if (!no_number) {
    connect_one(socket, {number, address.port}, std::move(keep), std::move(done));
    return {};
  }
  return address.names ? connect_named(socket, address, std::move(keep), std::move(done))
                       : connect_as_this_machine(socket, address, std::move(keep), std::move(done));
}

}  // namespace net
