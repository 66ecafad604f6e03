// The real edge of a program in a drill's pod: an event loop, the API server of the kubeconfig or
// the service account, signals, the end of the process.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "kube/config.h"
#include "operator/pod_edge.h"
#include "operator/pod_program.h"

namespace op {

class LivePod final : public PodEdge {
 public:
  explicit LivePod(std::string kubeconfig) : kubeconfig_(std::move(kubeconfig)) {}

  /// Does all of it. The program's exit code.
  int run(PodProgram& program);

  aio::Clock& clock() override { return clock_; }
  aio::Executor executor() override { return context_.get_executor(); }
  base::Result<std::unique_ptr<kube::Client>> connect(aio::Clock& clock, aio::Executor executor,
                                                      kube::ClientOptions options) override;
  base::Result<std::shared_ptr<net::Names>> names(const std::string& server) override;
  aio::Task<base::Result<>> asked_to_end(std::stop_token stop) override;
  aio::Task<> leave() override;

 private:
  std::string kubeconfig_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  std::optional<kube::Config> config_;
};

}  // namespace op
