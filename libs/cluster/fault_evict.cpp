#include "cluster/fault_evict.h"

#include <utility>

#include "cluster/ending_pods.h"
#include "cluster/evicting.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  return targets::fields::kind(
      "evict", api::Use::Fault,
      "Evicts pods of a workload as far as PodDisruptionBudgets allow, and counts as done "
      "when they are gone.",
      ending_fields());
}

class EvictFault final : public EndingPods {
 public:
  EvictFault()
      : EndingPods(table(), "evicted", {{.resource = kPods, .verbs = {"get"}}, right_to_evict()}) {}

 private:
  aio::Task<base::Result<>> end(Context& context, Pod pod, Node, std::stop_token stop) override {
    co_return co_await evict_pod(context.clock, cluster_of(context), std::move(pod),
                                 std::move(stop));
  }
};

}  // namespace

std::unique_ptr<targets::Driver> make_evict_fault() {
  return std::make_unique<EvictFault>();
}

}  // namespace cluster
