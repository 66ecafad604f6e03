// A system in a cluster: the workloads, Services and database servers that a plan names, in one
// namespace. Its pods are followed by a watch, so that a probe that is pinned to an instance goes
// where its pod is now: "db-a.pod" is told to the drill's Names, and nobody has it while there is
// no pod. A Service is probed at its cluster IP: names are another thing that can fail, and the dns
// probe watches them.
//
// Only what agreed is touched: the namespace has the label muster.dev/drills=enabled, or each
// workload has, or of pods that the plan names by their labels each pod (pod_set.h).
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/recovery_plan.h"
#include "base/result.h"
#include "cluster/awaited_writes.h"
#include "cluster/objects.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/store.h"
#include "net/names.h"
#include "targets/driver.h"
#include "targets/target.h"

namespace cluster {

/// A change of one object. `what` of its errors is made of it.
struct Patch {
  kube::Resource resource{};
  std::string name{};
  api::Node body{};
  kube::PatchType type = kube::PatchType::Merge;
  std::string subresource{};
  bool dry_run = false;
};

struct ClusterOptions {
  std::string ns;
  std::string name;  // of the plan
  api::KubernetesTargetSpec spec;
  /// Only to undo: what the plan names may be gone, and nobody has to agree any more.
  bool undoing = false;
};

/// Whether open() failed because neither the namespace nor the workload agreed to be drilled.
bool is_not_agreed(const base::Error& error);

class ClusterTarget final : public targets::Target {
 public:
  /// Reads everything the plan names. Lifetime: clock, client and names outlive it.
  /// Errors: NotFound naming what is not there; FailedPrecondition where the label is missing, a
  /// Service has no address or not that port; PermissionDenied naming the verb and the resource.
  static aio::Task<base::Result<std::unique_ptr<ClusterTarget>>> open(
      aio::Clock& clock, kube::Client& client, std::shared_ptr<net::Names> names,
      ClusterOptions options, std::stop_token stop);

  /// Follows the pods until stopped. Errors: none.
  aio::Task<base::Result<>> follow(std::stop_token stop);
  /// Until the pods are known. Errors: Cancelled; Unavailable with why they are not.
  aio::Task<base::Result<>> known(base::Duration limit, std::stop_token stop);

  const api::LocalSystem& system() const override { return system_; }
  /// Every workload has all its pods ready, and each instance is exactly one of them.
  aio::Task<base::Result<>> check(std::stop_token stop) override;
  const std::string& description() const override { return description_; }
  std::vector<std::string> running() const override;
  aio::Task<base::Result<std::string>> start_isolated(std::string name,
                                                      std::stop_token stop) override;
  aio::Task<base::Result<>> stop_isolated(std::string name, std::stop_token stop) override;
  base::Duration ends_within() const override { return kAnswerWithin; }
  base::TimePoint may_land_until() const override { return client_.may_land_until(); }

  /// "address.NAME" of each service and instance, and "namespace".
  api::Substitutions substitutions() const;

  kube::Client& client() { return client_; }
  const std::string& ns() const { return options_.ns; }
  /// As the cluster has it now. Errors: NotFound; what the server says.
  aio::Task<base::Result<Workload>> workload(std::string name, std::stop_token stop);
  aio::Task<base::Result<Service>> service(std::string name, std::stop_token stop);
  /// By what the plan calls it. Errors: NotFound.
  base::Result<kube::Key> service_key(std::string_view name) const;
  /// The pods of a workload that have not ended, as the watch has them, by name.
  std::vector<Pod> pods_of(const std::string& workload) const;
  /// A pod of the namespace, of whatever workload, as the watch has it; nothing: there is none.
  std::optional<Pod> pod(const std::string& name) const;
  /// Changes an object of the namespace, or of the cluster where its kind has none; the object as
  /// it is then. Apply takes fields from other managers.
  /// Errors: what the server says; FailedPrecondition: a version or UID in the body is another.
  aio::Task<base::Result<api::Node>> patch(Patch patch, std::stop_token stop);
  /// Makes an object of the namespace, marked as made by a drill of this plan, so that only what is
  /// ours is ever deleted. Errors: AlreadyExists; what the server says.
  aio::Task<base::Result<api::Node>> make(kube::Resource resource, api::Node object, bool dry_run,
                                          std::stop_token stop);
  /// Deletes what make() made, and waits until it is gone. Not there, or of somebody else: nothing
  /// is to be done. Errors: what the server says; Cancelled.
  aio::Task<base::Result<>> unmake(kube::Resource resource, std::string name, std::stop_token stop);
  /// Whether an object has the mark of make().
  bool is_ours(const api::Node& object) const;
  /// As the cluster has it now. Errors: NotFound; what the server says.
  aio::Task<base::Result<api::Node>> get(kube::Resource resource, std::string name,
                                         std::stop_token stop);
  /// Whether the namespace agreed to be drilled, so that anything in it may be touched.
  aio::Task<base::Result<bool>> namespace_agreed(std::stop_token stop);
  /// An undo found that something is not there any more, or another one of its name. `part`: as the
  /// plan calls it: "workload/db-a"; `what`: "StatefulSet db-a is gone".
  void found_gone(const std::string& part, const std::string& what);
  const Gone& gone() const override { return gone_; }
  std::string take_found() override;
  /// Of the workload as it was when it was looked at first; empty: it was gone.
  std::string uid_of(const std::string& workload) const;
  const api::KubernetesTargetSpec& spec() const { return options_.spec; }
  const std::string& plan() const { return options_.name; }

 private:
  ClusterTarget(aio::Clock& clock, kube::Client& client, std::shared_ptr<net::Names> names,
                ClusterOptions options);
  aio::Task<base::Result<>> read(std::stop_token stop);
  aio::Task<base::Result<>> read_workloads(std::stop_token stop);
  aio::Task<base::Result<std::string>> read_workload(api::WorkloadSpec spec, std::stop_token stop);
  aio::Task<base::Result<std::string>> read_pod_set(api::WorkloadSpec spec, std::stop_token stop);
  aio::Task<base::Result<>> read_services(std::stop_token stop);
  aio::Task<base::Result<>> read_secret(const api::ClusterInstanceSpec& spec,
                                        api::InstanceSpec& instance, std::stop_token stop);
  base::Result<std::string> address_of(const Service& found,
                                       const api::ClusterServiceSpec& spec) const;
  bool may_miss(const base::Error& error) const;
  void forget_instances();
  kube::Key key_of(const kube::Resource& resource, std::string name) const;
  aio::Task<base::Result<>> read_instances(std::stop_token stop);
  void tell_names();

  aio::Clock* clock_;
  AwaitedWrites client_;
  std::shared_ptr<net::Names> names_;
  ClusterOptions options_;
  api::LocalSystem system_;
  std::string description_;
  std::map<std::string, Workload> workloads_;  // as they were when it was opened
  kube::Store<Pod> pods_;
  std::unique_ptr<kube::Informer> informer_;
  bool each_agrees_ = false;  // pods by their labels agree one by one, as the namespace does not
  Gone gone_;
  std::string found_;
};

/// The target of a kind that only clusters know.
ClusterTarget& cluster_of(const targets::Context& context);

}  // namespace cluster
