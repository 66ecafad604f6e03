// Name servers for tests: a real one (dnsmasq), and one that answers whatever a test says, since no
// real server sends what a forger or a broken one does.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "net/dns_message.h"

namespace net {

using boost::asio::ip::udp;

inline std::string as_text(const udp::endpoint& endpoint) {
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

/// The parts of a message, as RFC 1035 has them.
inline std::string two_bytes(unsigned value) {
  return {static_cast<char>(value >> 8U & 0xFFU), static_cast<char>(value & 0xFFU)};
}
inline std::string four_bytes(std::uint32_t value) {
  return two_bytes(value >> 16U) + two_bytes(value & 0xFFFFU);
}
inline std::string name_bytes(const std::string& name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at) + name.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}
constexpr unsigned kA = 1, kCname = 5, kAaaa = 28;
inline std::string record(const std::string& owner, unsigned type, std::uint32_t ttl,
                          const std::string& data) {
  return name_bytes(owner) + two_bytes(type) + two_bytes(1) + four_bytes(ttl) +
         two_bytes(static_cast<unsigned>(data.size())) + data;
}
/// The answer to `question` with these records.
inline std::string answer(const std::string& question, const std::vector<std::string>& records,
                          unsigned code = 0) {
  std::string out = question;
  out[2] = static_cast<char>(0x81);
  out[3] = static_cast<char>(0x80U | code);
  out.replace(6, 2, two_bytes(static_cast<unsigned>(records.size())));
  for (const std::string& one : records) out += one;
  return out;
}

/// Answers from the test's own io_context.
class ScriptedServer {
 public:
  using Script = std::function<std::vector<std::string>(const std::string& question)>;

  explicit ScriptedServer(boost::asio::io_context& context)
      : socket_(context, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    receive();
  }
  std::string address() const { return as_text(socket_.local_endpoint()); }
  udp::endpoint endpoint() const { return socket_.local_endpoint(); }

  /// A record for every name that is asked for.
  void has(std::uint32_t ttl, std::vector<std::uint32_t> addresses) {
    script = [ttl, addresses = std::move(addresses)](const std::string& question) {
      std::vector<std::string> records;
      for (const std::uint32_t one : addresses) {
        records.push_back(std::string("\xC0\x0C", 2) + two_bytes(kA) + two_bytes(1) +
                          four_bytes(ttl) + two_bytes(4) + four_bytes(one));
      }
      return std::vector{answer(question, records)};
    };
  }

  Script script = [](const std::string&) { return std::vector<std::string>{}; };
  std::vector<std::string> questions;
  std::vector<udp::endpoint> askers;

 private:
  void receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this](const boost::system::error_code& error, std::size_t bytes) {
                                 if (error == boost::asio::error::operation_aborted) return;
                                 if (!error) {
                                   questions.emplace_back(buffer_.data(), bytes);
                                   askers.push_back(from_);
                                   for (const std::string& one : script(questions.back())) {
                                     socket_.send_to(boost::asio::buffer(one), from_);
                                   }
                                 }
                                 receive();
                               });
  }

  udp::socket socket_;
  udp::endpoint from_;
  std::array<char, 4096> buffer_{};
};

/// A port that is free for UDP and for TCP now: a name server takes both, and clients of others'
/// servers have ports of TCP that nobody has of UDP.
inline std::uint16_t free_name_server_port() {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  const auto loopback = boost::asio::ip::address_v4::loopback();
  while (true) {
    const udp::socket asked(context, udp::endpoint(loopback, 0));
    const std::uint16_t port = asked.local_endpoint().port();
    tcp::acceptor as_well(context, tcp::v4());
    boost::system::error_code taken;
    as_well.bind(tcp::endpoint(loopback, port), taken);
    if (!taken) return port;
  }
}

/// dnsmasq with these options, on a port of its own; it ends with the object.
class Dnsmasq {
 public:
  Dnsmasq(const aio::Executor& executor, const std::vector<std::string>& options)
      : port_(free_name_server_port()) {
    aio::Command command;
    command.argv = {"/usr/sbin/dnsmasq",
                    "--keep-in-foreground",
                    "--conf-file=/dev/null",
                    "--pid-file=",
                    "--user=" + std::to_string(::geteuid()),
                    "--listen-address=127.0.0.1",
                    "--bind-interfaces",
                    "--no-resolv",
                    "--no-hosts",
                    "--port=" + std::to_string(port_)};
    if (::geteuid() == 0) command.argv[4] = "--user=root";
    command.argv.insert(command.argv.end(), options.begin(), options.end());
    auto child = aio::Child::spawn(executor, command, {"/dev/null", "/dev/null", true});
    EXPECT_TRUE(child.has_value()) << child.error().message;
    if (child) child_.emplace(std::move(*child));
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  udp::endpoint endpoint() const { return {boost::asio::ip::address_v4::loopback(), port_}; }
  void signal(int number) { child_->signal(number); }

 private:
  std::uint16_t port_;
  std::optional<aio::Child> child_;
};

}  // namespace net
