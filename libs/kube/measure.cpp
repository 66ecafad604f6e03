#include "kube/measure.h"

namespace kube {

void measure(aio::Clock& clock, Controller& controller, metrics::RuntimeMetrics& metrics) {
  const std::string& of = controller.options().name;
  metrics.declare_controller(of, controller.options().workers, [&clock, &controller] {
    const WorkQueue& queue = controller.queue();
    const base::TimePoint now = clock.now();
    return metrics::QueueFigures{queue.depth(),   queue.out(),           queue.adds(),
                                 queue.retries(), queue.unfinished(now), queue.longest_out(now)};
  });
  controller.on_reconciled =
      [&metrics, of](const Key&, ReconcileResult result, base::Duration waited, base::Duration took,
                     const base::Error*) { metrics.reconciled(of, name(result), waited, took); };
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
