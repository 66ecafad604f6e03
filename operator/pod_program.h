// What both programs of a drill's pods have in common: a client of the API server, the Drill that
// they are of, and its target, whose pods are followed for as long as it is used.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/asio/io_context.hpp>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "cluster/cluster_target.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "operator/pod_options.h"
#include "runner/drill_target.h"
#include "targets/catalog.h"

namespace op {

/// One line on stderr, with the time.
void say(const std::string& text);

class PodProgram {
 public:
  virtual ~PodProgram() = default;
  PodProgram(const PodProgram&) = delete;
  PodProgram& operator=(const PodProgram&) = delete;

  /// Connects and does all of it. The program's exit code.
  int run();

 protected:
  /// Lifetime: the options outlive it.
  explicit PodProgram(const PodOptions& options) : options_(options) {}

  virtual aio::Task<base::Result<bool>> whole() = 0;

  /// status.runner of this pod.
  api::Node runner_node() const;
  /// Takes the drill for this pod. Errors: FailedPrecondition: it is not `from` that has it.
  aio::Task<base::Result<>> claim(std::string from);
  /// The plan in the Drill's status. Errors: InvalidArgument with every problem.
  base::Result<runner::PlanFile> plan() const;

  template <class T>
  using Use = std::function<aio::Task<base::Result<T>>(runner::DrillTarget&)>;
  /// Errors: of opening the target; until its pods are known: Unavailable; those of `use`.
  template <class T>
  aio::Task<base::Result<T>> with_target(runner::PlanFile file, std::stop_token stop, Use<T> use) {
    CO_TRY(runner::DrillTarget target, co_await open_target(std::move(file), stop));
    aio::TaskGroup following(context_.get_executor());
    following.spawn(target.cluster().follow(following.token()));
    const auto known = co_await target.cluster().known(kPodsKnownWithin, stop);
    base::Result<T> done = tl::unexpected(known ? base::Error{} : known.error());
    if (known) done = co_await use(target);
    following.cancel();
    static_cast<void>(co_await following.join());
    co_return done;
  }

  const PodOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  kube::Config config_;
  std::unique_ptr<kube::Client> client_;
  std::optional<cluster::DrillWriter> writer_;
  cluster::DrillObject drill_;
  targets::Catalog catalog_;

 private:
  static constexpr base::Duration kPodsKnownWithin = base::seconds(30);

  base::Result<> connect();
  aio::Task<base::Result<runner::DrillTarget>> open_target(runner::PlanFile file,
                                                           std::stop_token stop);
};

}  // namespace op
