// The edge of a drill's pod in the simulation: a process in virtual time, a link to the API server
// in memory. To leave is to be killed.
#pragma once

#include <memory>
#include <string>

#include "aio/event.h"
#include "operator/pod_edge.h"
#include "operator/pod_options.h"
#include "operator/pod_program.h"
#include "sim/api_client.h"
#include "sim/processes.h"

namespace op {

class SimulatedPod final : public PodEdge {
 public:
  /// Lifetime: both outlive it.
  SimulatedPod(sim::ApiLink& link, sim::Process& process)
      : link_(link), process_(process), asked_(process.executor()) {}

  /// SIGTERM, once. Thread: of the machine.
  void ask_to_end() {
    link_.machine.after({}, &process_, [this] { asked_.set(); });
  }

  aio::Clock& clock() override { return process_.clock(); }
  aio::Executor executor() override { return process_.executor(); }
  base::Result<std::unique_ptr<kube::Client>> connect(aio::Clock&, aio::Executor executor,
                                                      kube::ClientOptions options) override {
    return sim::connect(link_, process_, std::move(executor), options);
  }
  base::Result<std::shared_ptr<net::Names>> names(const std::string&) override {
    return net::Names::create(process_.clock(), "127.0.0.1:53");
  }
  aio::Task<base::Result<>> asked_to_end(std::stop_token stop) override {
    if (co_await asked_.wait(std::move(stop))) {
      asked_.reset();
      co_return base::Result<>{};
    }
    co_return base::fail(base::Code::Cancelled, "waiting to be asked to end");
  }
  aio::Task<> leave() override {
    process_.kill();
    aio::Event never(process_.executor());
    static_cast<void>(co_await never.wait());
  }

 private:
  sim::ApiLink& link_;
  sim::Process& process_;
  aio::Event asked_;
};

/// A program of a drill's pod in a process. The order is that of use.
struct PodRun {
  PodOptions options;
  std::unique_ptr<SimulatedPod> edge;
  std::unique_ptr<PodProgram> program;
};

}  // namespace op
