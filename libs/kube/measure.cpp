#include "kube/measure.h"

#include <utility>

namespace kube {

void measure(aio::Clock& clock, Controller& controller, metrics::RuntimeMetrics& metrics) {
  const std::string& of = controller.options().name;
  metrics.declare_controller(of, controller.options().workers, [&clock, &controller] {
    const WorkQueue& queue = controller.queue();
    const base::TimePoint now = clock.now();
    return metrics::QueueFigures{queue.depth(),   queue.out(),           queue.adds(),
                                 queue.retries(), queue.unfinished(now), queue.longest_out(now)};
  });
  controller.on_reconciled = [&metrics, of,
                              before = std::move(controller.on_reconciled)](const Reconciled& one) {
    metrics.reconciled(of, name(one.result), one.waited, one.took);
    if (before) before(one);
  };
}

void measure(LeaderElection& election, const std::string& name, metrics::RuntimeMetrics& metrics) {
  metrics.declare_election(name, [&election] { return election.leads(); });
}

void measure(Client& client, metrics::RuntimeMetrics& metrics) {
  client.on_answer = [&metrics, host = client.host()](unsigned code, const std::string& method) {
    metrics.requested(code == 0 ? "<error>" : std::to_string(code), method, host);
  };
}

}  // namespace kube
