// The real muster-sidecar for tests of who asks it for faults: started on loopback with ports of
// the kernel's, in front of nothing, so that every request is answered 503 unless a fault answers
// it. It ends with the object.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aio/process.h"
#include "api/node.h"
#include "net/http_client.h"

class SidecarProcess {
 public:
  /// `flags`: beside these. Waits until it serves.
  SidecarProcess(boost::asio::io_context& context, const std::string& admin_listen,
                 std::vector<std::string> flags)
      : context_(context) {
    aio::Command command;
    command.argv = {"/bin/sh",
                    "-c",
                    "exec \"$0\" \"$@\" 2>&1",
                    MUSTER_SIDECAR,
                    "--upstream",
                    "127.0.0.1:1",
                    "--listen",
                    "127.0.0.1:0",
                    "--limits",
                    "off",
                    "--admin-listen",
                    admin_listen};
    command.argv.insert(command.argv.end(), flags.begin(), flags.end());
    auto child = aio::Child::spawn(context.get_executor(), command, {});
    if (!child) return;
    child_.emplace(std::move(*child));
    while (!serves()) {
      const auto line = aio::run(context_, child_->read_line({}));
      if (!line) return;
      const auto said = api::parse_json(*line);
      if (!said || (*said)["msg"].as_string() != "serving") continue;
      port_ = number((*said)["port"]);
      admin_port_ = number((*said)["admin_port"]);
    }
  }

  bool serves() const { return admin_port_ != 0; }
  std::uint16_t admin_port() const { return admin_port_; }
  void kill() { child_.reset(); }

  /// What it has in force, by its own words over HTTP in the open.
  std::vector<api::Node> faults(const std::string& ip) {
    const net::HttpAnswer answer = get(ip, admin_port_, "/api/faults");
    EXPECT_EQ(answer.status, 200U);
    const auto said = api::parse_json(answer.body);
    EXPECT_TRUE(said) << answer.body;
    return said ? (*said)["faults"].items() : std::vector<api::Node>{};
  }
  /// What a client of the application is answered.
  unsigned status() { return get("127.0.0.1", port_, "/").status; }

 private:
  static std::uint16_t number(const api::Node& said) {
    return static_cast<std::uint16_t>(said.is_string() ? std::stoi(said.as_string())
                                                       : said.as_int());
  }
  net::HttpAnswer get(const std::string& ip, std::uint16_t port, const char* target) {
    net::HttpClient client(context_.get_executor(), {ip, port}, nullptr, {.idle_max = 0});
    auto answer = aio::run(context_, client.exchange({.target = target}, {}));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(net::HttpAnswer{});
  }

  boost::asio::io_context& context_;
  std::optional<aio::Child> child_;
  std::uint16_t port_ = 0, admin_port_ = 0;
};
