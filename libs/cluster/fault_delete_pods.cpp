#include "cluster/fault_delete_pods.h"

#include "cluster/ending_pods.h"
#include "cluster/waiting.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  using namespace targets::fields;
  std::vector<api::FieldSpec> fields = ending_fields();
  fields.push_back(
      flag("force", false, "whether they get no time to end: the API server forgets them at once"));
  return kind("deletePods", api::Use::Fault,
              "Deletes pods of a workload, and counts as done when they are gone.",
              std::move(fields));
}

class DeletePodsFault final : public EndingPods {
 public:
  DeletePodsFault() : EndingPods(table(), "deleted", {{.resource = kPods, .verbs = {"delete"}}}) {}

 private:
  aio::Task<base::Result<>> end(Context& context, Pod pod, Node params,
                                std::stop_token stop) override {
    co_return co_await delete_pod(cluster_of(context), std::move(pod), params["force"].as_bool(),
                                  std::move(stop));
  }
};

}  // namespace

std::unique_ptr<targets::Driver> make_delete_pods_fault() {
  return std::make_unique<DeletePodsFault>();
}

}  // namespace cluster
