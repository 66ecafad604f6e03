// A real Redis for one test: a private folder, a free loopback port, a child that dies with the
// test.
#pragma once

#include <filesystem>
#include <optional>
#include <stdlib.h>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "net/connection.h"

namespace probes {

class RedisServer {
 public:
  RedisServer(boost::asio::io_context& context, std::vector<std::string> options)
      : context_(context), port_(free_port()) {
    std::string folder = testing::TempDir() + "muster-redis-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    start(std::move(options));
  }
  ~RedisServer() {
    child_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// Starts it (again); what ran before is killed.
  void start(std::vector<std::string> options) {
    child_.reset();
    aio::Command command;
    command.argv = {
        "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",   "--dir", folder_,
        "--save",       "",       "--appendonly",        "no",     "--daemonize", "no"};
    command.argv.insert(command.argv.end(), options.begin(), options.end());
    auto child = aio::Child::spawn(context_.get_executor(), command,
                                   {folder_ + "/log", folder_ + "/log", false});
    ASSERT_TRUE(child.has_value()) << child.error().message;
    child_.emplace(std::move(*child));
  }
  void kill() { child_.reset(); }
  void signal(int number) { child_->signal(number); }
  std::uint16_t port() const { return port_; }
  net::Address address() const { return {"127.0.0.1", port_}; }

  /// What redis-cli prints for a command.
  std::string ask(std::vector<std::string> words) {
    aio::Command command;
    command.argv = {"redis-cli", "-p", std::to_string(port_)};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    boost::asio::io_context context;
    aio::SystemClock clock;
    const auto outcome = aio::run(context, aio::run_process(clock, std::move(command), {}));
    EXPECT_TRUE(outcome.has_value() && outcome->ok());
    std::string out = outcome ? outcome->out : "";
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }

 private:
  static std::uint16_t free_port() {
    using boost::asio::ip::tcp;
    boost::asio::io_context context;
    return tcp::acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0))
        .local_endpoint()
        .port();
  }

  boost::asio::io_context& context_;
  std::uint16_t port_;
  std::string folder_;
  std::optional<aio::Child> child_;
};

}  // namespace probes
