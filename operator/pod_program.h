// What both programs of a drill's pods have in common: a client of the API server, the Drill that
// they are of, and its target, whose pods are followed for as long as it is used.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "cluster/awaited_writes.h"
#include "cluster/cluster_target.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "operator/pod_edge.h"
#include "operator/pod_options.h"
#include "runner/drill_target.h"
#include "store/undo_journal.h"
#include "targets/catalog.h"

namespace op {

class PodProgram {
 public:
  virtual ~PodProgram() = default;
  PodProgram(const PodProgram&) = delete;
  PodProgram& operator=(const PodProgram&) = delete;

  /// Connects and does all of it. Runs on the edge's executor.
  aio::Task<base::Result<bool>> run();

 protected:
  /// Lifetime: both outlive it.
  PodProgram(const PodOptions& options, PodEdge& edge)
      : options_(options), edge_(edge), clock_(edge.clock()) {}

  virtual aio::Task<base::Result<bool>> whole() = 0;

  /// status.runner of this pod.
  api::Node runner_node() const;
  /// Takes the drill for this pod. Errors: FailedPrecondition: it is not `from` that has it.
  aio::Task<base::Result<>> claim(std::string from);
  /// The plan in the Drill's status. Errors: InvalidArgument with every problem.
  base::Result<runner::PlanFile> plan() const;
  /// The undo journal in the Drill's status, which has this text now.
  base::Result<std::unique_ptr<store::JournalFile>> open_journal(std::string text);

  template <class T>
  using Use = std::function<aio::Task<base::Result<T>>(runner::DrillTarget&)>;
  enum class For : std::uint8_t { Drill, Undo };
  /// To undo, what is gone is left out. Errors: of opening the target; until its pods are known:
  /// Unavailable; those of `use`.
  template <class T>
  aio::Task<base::Result<T>> with_target(runner::PlanFile file, For what, std::stop_token stop,
                                         Use<T> use) {
    CO_TRY(runner::DrillTarget target, co_await open_target(std::move(file), what, stop));
    aio::TaskGroup following(edge_.executor());
    following.spawn(target.cluster().follow(following.token()));
    const auto known = co_await target.cluster().known(kPodsKnownWithin, stop);
    base::Result<T> done = tl::unexpected(known ? base::Error{} : known.error());
    if (known) done = co_await use(target);
    following.cancel();
    static_cast<void>(co_await following.join());
    co_return done;
  }

  const PodOptions& options_;
  PodEdge& edge_;
  aio::Clock& clock_;
  std::unique_ptr<kube::Client> client_;
  std::optional<cluster::AwaitedWrites> awaited_;  // of the Drill: the writer's
  std::optional<cluster::DrillWriter> writer_;
  cluster::DrillObject drill_;
  targets::Catalog catalog_;

 private:
  static constexpr base::Duration kPodsKnownWithin = base::seconds(30);

  base::Result<> connect();
  aio::Task<base::Result<runner::DrillTarget>> open_target(runner::PlanFile file, For what,
                                                           std::stop_token stop);
};

}  // namespace op
