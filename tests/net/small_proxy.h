// A real proxy, as small as one can be: it makes ways (CONNECT) and nothing else. Every name is
// this machine to it and to nobody else, so that who asks for a name itself gets nowhere.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "aio/task.h"

namespace net {

/// Lifetime: the context is not run after it has gone.
class SmallProxy {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  explicit SmallProxy(boost::asio::io_context& context)
      : acceptor_(context, {boost::asio::ip::address_v4::loopback(), 0}) {
    boost::asio::co_spawn(context, accept(), boost::asio::detached);
  }

  std::string authorization{};  // that it wants to see; empty: none
  std::string answer{};         // in place of a way
  bool silent = false;
  std::vector<std::string> asked{};  // first lines

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& who = "") const {
    return "http://" + who + "127.0.0.1:" + std::to_string(port());
  }

 private:
  static auto into(boost::system::error_code& error) {
    return boost::asio::redirect_error(boost::asio::use_awaitable, error);
  }

  aio::Task<> accept() {
    while (true) {
      boost::system::error_code error;
      Socket client = co_await acceptor_.async_accept(into(error));
      if (error) co_return;
      boost::asio::co_spawn(acceptor_.get_executor(),
                            serve(std::make_shared<Socket>(std::move(client))),
                            boost::asio::detached);
    }
  }

  aio::Task<> serve(std::shared_ptr<Socket> client) {
    std::string head;
    boost::system::error_code error;
    co_await boost::asio::async_read_until(*client, boost::asio::dynamic_buffer(head), "\r\n\r\n",
                                           into(error));
    if (error) co_return;
    asked.push_back(head.substr(0, head.find("\r\n")));
    if (silent) {
      co_await client->async_wait(Socket::wait_read, into(error));
      co_return;
    }
    std::string say = answer;
    const bool wanted = head.find("Proxy-Authorization: " + authorization + "\r\n") != head.npos;
    if (!authorization.empty() && !wanted) {
      say = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n";
    }
    auto server = std::make_shared<Socket>(acceptor_.get_executor());
    if (say.empty()) {
      const std::string port = head.substr(head.find(':') + 1);
      co_await server->async_connect(
          {boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))},
          into(error));
      if (error) co_return;
      say = "HTTP/1.1 200 Connection established\r\nVia: 1.1 small\r\n\r\n";
    }
    co_await boost::asio::async_write(*client, boost::asio::buffer(say), into(error));
    if (!server->is_open()) co_return;
    boost::asio::co_spawn(acceptor_.get_executor(), pass(client, server), boost::asio::detached);
    co_await pass(server, client);
  }

  static aio::Task<> pass(std::shared_ptr<Socket> from, std::shared_ptr<Socket> to) {
    std::string part(16U << 10U, '\0');
    boost::system::error_code error;
    while (!error) {
      const std::size_t got =
          co_await from->async_read_some(boost::asio::buffer(part), into(error));
      if (error) break;
      co_await boost::asio::async_write(*to, boost::asio::buffer(part.data(), got), into(error));
    }
    boost::system::error_code ignored;
    to->shutdown(Socket::shutdown_both, ignored);
    from->shutdown(Socket::shutdown_both, ignored);
  }

  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace net
