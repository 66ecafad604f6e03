// Who of what a plan names agreed to be drilled: the part of ClusterTarget that asks before
// anything is touched. The namespace agrees for all that is in it; else each workload does, and of
// pods that are named by their labels each pod.
#include <utility>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/pod_set.h"

namespace cluster {
namespace {

constexpr std::string_view kNotAgreed = "did not agree to be drilled";

}  // namespace

bool is_not_agreed(const base::Error& error) {
  return error.code == base::Code::FailedPrecondition &&
         error.message.find(kNotAgreed) != std::string::npos;
}

/// Who of a workload has not agreed by itself, as people call it; empty: it has.
aio::Task<base::Result<std::string>> ClusterTarget::read_workload(api::WorkloadSpec spec,
                                                                  std::stop_token stop) {
  auto found = co_await workload(spec.name, std::move(stop));
  if (!found && may_miss(found.error())) {
    gone_["workload/" + spec.name] = fmt::format("{} {} is gone", spec.kind, spec.name);
    co_return std::string();
  }
  if (!found) co_return tl::unexpected(found.error());
  const bool agreed = opted_in(found->labels);
  workloads_.insert_or_assign(spec.name, std::move(*found));
  co_return agreed ? "" : fmt::format("{} {}", spec.kind, spec.name);
}

/// The same of pods by their labels. Whom they are of is known when the namespace was asked.
aio::Task<base::Result<std::string>> ClusterTarget::read_pod_set(api::WorkloadSpec spec,
                                                                 std::stop_token stop) {
  const api::Node selects = selects_of(spec.selector, false);
  CO_TRY(const std::vector<Pod> pods,
         co_await list_pods(client_, options_.ns, selects, std::move(stop)));
  if (pods.empty() && !options_.undoing) {
    CO_TRY(const Selector selector, Selector::parse(spec.selector));
    co_return base::fail(base::Code::NotFound,
                         fmt::format("{} {}: no pod of namespace {} has the labels {}", spec.kind,
                                     spec.name, options_.ns, selector.query()));
  }
  const Pod* closed = first_closed(pods);
  co_return closed == nullptr ? "" : fmt::format("pod {} of {}", closed->name, spec.name);
}

aio::Task<base::Result<>> ClusterTarget::read_workloads(std::stop_token stop) {
  std::vector<std::string> closed;
  bool sets = false;
  for (const api::WorkloadSpec& spec : options_.spec.workloads) {
    sets = sets || spec.is_pod_set();
    auto read = co_await (spec.is_pod_set() ? read_pod_set(spec, stop) : read_workload(spec, stop));
    if (!read) co_return tl::unexpected(read.error());
    if (!read->empty()) closed.push_back(std::move(*read));
  }
  bool agreed = true;
  if (!options_.undoing && (sets || !closed.empty())) {
    CO_TRY(agreed, co_await namespace_agreed(stop));
  }
  if (!agreed && !closed.empty()) {
    co_return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("{} {}: label it, or namespace {}, with {}={}", fmt::join(closed, ", "),
                    kNotAgreed, options_.ns, kOptInLabel, kOptInValue));
  }
  each_agrees_ = !agreed;
  for (const api::WorkloadSpec& spec : options_.spec.workloads) {
    if (!spec.is_pod_set()) continue;
    CO_TRY(Workload set, pod_set(spec, each_agrees_, {}));
    workloads_.insert_or_assign(spec.name, std::move(set));
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<bool>> ClusterTarget::namespace_agreed(std::stop_token stop) {
  CO_TRY(const api::Node ns, co_await get(kNamespaces, options_.ns, std::move(stop)));
  co_return opted_in(labels_of(ns));
}

}  // namespace cluster
