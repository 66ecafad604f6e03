// What lives in a cluster beside its API server, in virtual time: Deployments and StatefulSets make
// their pods, pods are put onto nodes that take some, start after a while and end after a while,
// Services have EndpointSlices, what lost its owner is collected. A container that is a program
// runs as a process: asked to end when its pod is deleted, killed when its time is over, begun anew
// where its pod's policy says so.
//
// What is not there: ReplicaSets, rolling updates, budgets, volumes, namespaces that end.
// Source: the behaviour of Kubernetes' controllers and of the kubelet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "kube/resource.h"
#include "sim/api_server.h"
#include "sim/processes.h"

namespace sim {

extern const kube::Resource kDeployments, kStatefulSets, kServices, kNodes, kEndpointSlices;

class ClusterLife {
 public:
  /// Lifetime: both outlive it. Serves the kinds that it knows.
  ClusterLife(Machine& machine, ApiServer& server, std::uint64_t seed);
  ClusterLife(const ClusterLife&) = delete;
  ClusterLife& operator=(const ClusterLife&) = delete;

  /// What the container of a pod runs.
  struct Program {
    Process* process = nullptr;             // null: nothing that is looked at
    std::function<void()> ask_to_end = {};  // SIGTERM
    std::function<bool()> ended_well = {};  // asked when the process is gone
  };
  std::function<Program(const api::Node& pod)> start;
  /// How long the image of a pod takes to come, beside what a start takes anyway; empty: no time.
  std::function<base::Duration(const api::Node& pod)> image_takes;
  /// The node of a process that stands still does, its kubelet with it: nobody ends the pod.
  void stand_still(const Process& process, base::Duration length);
  /// Other kinds whose objects may be owned, or own.
  std::vector<kube::Resource> owned;

  /// Nothing is under way: every pod is as its workload wants it, and nothing is being deleted.
  bool is_settled() const;

 private:
  using Object = ApiServer::Object;
  struct Container {
    Program program;
    int restarts = 0;
    base::TimePoint still_until{};
  };

  void changed(const kube::Resource& resource, const Object& before, const Object& after);
  void pod_changed(const Object& before, const Object& after);
  void look_soon();
  void look();
  void see_to(const kube::Resource& kind, const api::Node& workload);
  std::vector<Object> pods_of(const api::Node& workload, bool adopt);
  void make_pod(const api::Node& workload, const std::string& name);
  void see_to_endpoints(const api::Node& service);
  void collect();
  void remove(const kube::Resource& resource, const api::Node& object);
  void forget(const kube::Key& pod);
  void begin(const std::string& uid, const kube::Key& key);
  void run(const std::string& uid, const kube::Key& key);
  void end(const std::string& uid, const kube::Key& key);
  void kill(const std::string& uid, bool forgotten);
  void died(const std::string& uid, const kube::Key& key);
  std::string free_node() const;
  Object same_pod(const std::string& uid, const kube::Key& key) const;
  base::Duration between(int least_millis, int most_millis);

  Machine& machine_;
  ApiServer& server_;
  base::Random random_;
  std::map<std::string, Container> containers_;  // by the pod's UID
  std::uint64_t names_ = 0, addresses_ = 0;
  bool looking_ = false;     // a look is due
  bool collecting_ = false;  // something is gone that may have owned something
};

}  // namespace sim
