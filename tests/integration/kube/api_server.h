// The real API server of ci/kubernetes/api_server.py, one for a whole test program.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "aio/file.h"
#include "aio/process.h"
#include "aio/task.h"
#include "kube/client.h"

namespace kube {

class ApiServer final : public testing::Environment {
 public:
  static ApiServer& instance() {
    static auto* server = new ApiServer;  // GoogleTest deletes it
    return *server;
  }

  void SetUp() override {
    folder_ = testing::TempDir() + "muster-kubernetes-" + std::to_string(::getpid());
    aio::Command command;
    command.argv = {"python3", MUSTER_SOURCE_DIR "/ci/kubernetes/api_server.py", folder_};
    if (controllers) command.argv.emplace_back("--controllers");
    auto child = aio::Child::spawn(context_.get_executor(), command, {});
    ASSERT_TRUE(child.has_value()) << child.error().message;
    child_.emplace(std::move(*child));
    const std::string ready = next_line();
    ASSERT_TRUE(ready.starts_with("ready ")) << ready;
    kubeconfig_ = ready.substr(6);
  }
  void TearDown() override {
    if (child_) {
      aio::SystemClock clock;
      static_cast<void>(aio::run(context_, child_->stop(clock, base::seconds(20))));
    }
    static_cast<void>(aio::remove_tree(folder_));
  }

  bool controllers = false;  // before SetUp(): with kube-controller-manager
  const std::string& kubeconfig() const { return kubeconfig_; }
  /// The commands of api_server.py.
  void tell(const std::string& command) {
    ASSERT_TRUE(child_->write_line(command).has_value());
    ASSERT_EQ(next_line(), "done") << command;
  }

 private:
  std::string next_line() {
    auto line = aio::run(context_, child_->read_line({}));
    return line ? *line : line.error().message;
  }

  boost::asio::io_context context_;
  std::string folder_, kubeconfig_;
  std::optional<aio::Child> child_;
};

}  // namespace kube
