// The kubelet's figures for sidecars that cannot see their pods: who is asked for what, and what is
// answered. Pure; operator/pod_figures_server.h carries it out. Why so: docs/adr/0024.
//
// A sidecar asks for its pod by name. That makes the pod wanted for a minute: it is looked up once,
// to know its node, its limits and that it has a sidecar at all, and the kubelet of that node is
// asked every ten seconds, once for all pods there that are wanted. So nobody is asked for a node
// without sidecars that ask, and nothing is kept of pods that do not. Any replica answers alone.
//
// Nothing old is answered: when a kubelet stops to answer, so do we, with its reason. What it says
// is passed on as it said it, with its own times, by which the sidecar tells how old it is.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/key.h"

namespace op {

/// A pod, as far as its figures are concerned.
struct FiguresPod {
  std::string uid, node;
  std::string host;    // the node's address, at which its kubelet listens
  api::Node limits{};  // {"cpuCores", "memoryBytes"}, of the application's containers together
  bool operator==(const FiguresPod&) const = default;
};
/// Errors: NotFound: it has no sidecar, which nobody but one has a use for; Unavailable: it is on
/// no node yet.
base::Result<FiguresPod> figures_pod(const api::Node& pod);

/// The pods of a kubelet's summary by their UID, each as the kubelet has it.
using SummaryPods = std::map<std::string, api::Node>;
/// Errors: InvalidArgument: it is no summary.
base::Result<SummaryPods> pods_of_summary(std::string_view json);

/// The pod of "/pods/NAMESPACE/NAME"; nothing: it is another path, or no name that a pod can have.
std::optional<kube::Key> pod_of_path(std::string_view path);

class FiguresBook {
 public:
  static constexpr base::Duration kWanted = base::seconds(60);    // by one question
  static constexpr base::Duration kPodEvery = base::seconds(60);  // it may be another one by then
  static constexpr base::Duration kAgain = base::seconds(10);     // for kubelets, and after failure
  static constexpr std::size_t kPodsMax = 20'000;

  struct Answer {
    unsigned status = 0;  // 200; 202: come again soon; 404; 503 with the reason
    std::string body;     // JSON
  };
  Answer ask(const kube::Key& pod, base::TimePoint now);

  struct Work {
    std::vector<kube::Key> pods;     // to be looked up
    std::vector<std::string> hosts;  // whose kubelets are to be asked
  };
  /// At most `most` in all, which are under way from now on until found() or read() is told.
  /// Forgets what nobody wants any more.
  Work due(base::TimePoint now, std::size_t most);
  void found(const kube::Key& pod, const base::Result<FiguresPod>& seen, base::TimePoint now);
  void read(const std::string& host, const base::Result<SummaryPods>& summary, base::TimePoint now);

  std::size_t pods() const { return pods_.size(); }
  std::size_t hosts() const { return hosts_.size(); }

 private:
  struct Pod {
    base::TimePoint wanted_until{}, look_at{};
    bool busy = false;
    std::optional<FiguresPod> seen;
    Answer answer;
  };
  struct Host {
    base::TimePoint ask_at{};
    bool busy = false;
  };
  void forget(base::TimePoint now);

  std::map<kube::Key, Pod> pods_;
  std::map<std::string, Host> hosts_;
};

}  // namespace op
