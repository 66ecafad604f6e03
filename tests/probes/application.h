// The application of application.py, as a process of its own that ends with the test.
#pragma once

#include <algorithm>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "api/node.h"
#include "net/connection.h"
#include "probes/link.h"

namespace probes {

class Application {
 public:
  Application() {
    aio::Command command;
    command.argv = {"python3", MUSTER_TEST_APPLICATION};
    auto spawned = aio::Child::spawn(context_.get_executor(), command, {});
    if (!spawned) throw std::runtime_error(spawned.error().message);
    child_.emplace(std::move(*spawned));
    address_ = "127.0.0.1:" + line();
  }
  ~Application() { static_cast<void>(aio::run(context_, child_->stop(clock_, base::seconds(5)))); }

  const std::string& address() const { return address_; }
  LinkTarget target() const { return {*net::Address::parse(address_), nullptr}; }

  /// Gives an order and returns what was counted until then.
  api::Node tell(std::string order = "{}") {
    std::replace(order.begin(), order.end(), '\n', ' ');
    EXPECT_TRUE(child_->write_line(order).has_value());
    auto counts = api::parse_json(line());
    EXPECT_TRUE(counts.has_value());
    return std::move(*counts);
  }
  /// How often `what` (a path, with a blank and the body where there is one) was asked for.
  std::int64_t asked(const std::string& what) { return tell()["requests"][what].as_int(0); }
  std::int64_t connections() { return tell()["connections"].as_int(); }

 private:
  std::string line() {
    auto read = aio::run(context_, child_->read_line({}));
    if (!read) throw std::runtime_error(read.error().message);
    return *read;
  }

  boost::asio::io_context context_;
  aio::SystemClock clock_;
  std::optional<aio::Child> child_;
  std::string address_;
};

}  // namespace probes
