// Watches the pod and its traffic: every five seconds a sample of what the kernel says and of what
// the requests did, judged against the thresholds. Answers /health and the query API from it.
//
// What can be watched depends on what the sidecar can see: the processes of the pod where it shares
// its process namespace, one process and its descendants where it is told which (`--watch`), and
// the traffic always. Where it sees none and is told by the kubelet, it judges that, and is unknown
// while nothing is heard. A pod's network is that of its sidecar, whatever else it sees. What
// cannot be seen is told as unmeasured, and no reason to be unhealthy. Nor is what is only unusual:
// anomalies and trends are shown beside the issues (alert/outlook.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "aio/clock.h"
#include "aio/task.h"
#include "alert/health.h"
#include "alert/outlook.h"
#include "net/http_server.h"
#include "sampling/history.h"
#include "sampling/kubelet_source.h"
#include "sampling/sampler.h"
#include "sidecar/settings.h"
#include "sidecar/shared.h"
#include "traffic/history.h"

namespace sidecar {

/// Where CPU, memory and processes are read: "pod", "pid:N" (a process and its descendants),
/// "cgroup:N" (the cgroup of a process), "none", or "auto": the pod where its processes can be
/// seen, else none.
/// Errors: InvalidArgument, naming the value; NotFound: no such process.
base::Result<std::unique_ptr<sampling::Source>> watched_source(const std::string& watch);

/// Whether the network that is seen from here is a pod's and not a machine's: in any of its
/// containers the kubelet sets where the cluster's API server is.
bool runs_in_a_pod();

/// Thread: that of the admin port.
class Watch {
 public:
  /// `source`: null: nothing but the traffic, and disks where paths are named. Lifetime: all
  /// outlive it.
  Watch(aio::Clock& clock, const Settings& settings, const Shared& shared,
        std::unique_ptr<sampling::Source> source);

  /// Without a source: what the kubelet says, and the network as it is seen from here. Before the
  /// first sample.
  void follow(std::unique_ptr<sampling::KubeletSource> kubelet);
  /// Without a source: the network as it is seen from here, and disks that are named. Before the
  /// first sample.
  void watch_network();
  /// Where the share of the database's connections that are taken is known. Units: percent.
  void ask_database(std::function<std::optional<double>()> connections) {
    database_connections_ = std::move(connections);
  }
  /// Samples, every five seconds, until it is told to stop.
  aio::Task<base::Result<>> run(std::stop_token stop);
  /// Also once before the first request: what is counted begins there.
  void sample();

  const alert::Verdict& verdict() const { return verdict_; }
  /// CPU used of what may be, in the last minute; nothing: it is not watched.
  std::optional<double> cpu_ratio() const;
  /// 200 or 503 with the issues, in JSON.
  net::HttpReply health() const;
  /// Samples, averages, a timeline and the requests of `range=15m` (s, m or h) up to now.
  net::HttpReply metrics(const net::HttpRequest& request) const;
  /// Of the process; of the machine, what its kernel says.
  api::Node system() const;
  /// The newest sample, for Prometheus.
  std::string exposition() const;

 private:
  std::optional<sampling::Sample> take_sample(base::TimePoint now);
  /// The newest of each figure that still says how things are.
  std::optional<sampling::Sample> current() const;
  alert::Samples samples(const std::optional<sampling::Sample>& sample) const;
  net::HttpReply metrics(base::Duration range) const;
  /// Where the fullest of the watched file systems is; nothing: it is not known.
  std::optional<std::string> disk_path(const std::optional<sampling::Sample>& sample) const;
  void look_out(const std::optional<sampling::Sample>& sample, base::TimePoint now);

  aio::Clock& clock_;
  const Settings& settings_;
  const Shared& shared_;
  std::function<std::optional<double>()> database_connections_;  // empty: there is no database
  std::unique_ptr<sampling::Sampler> sampler_;        // null: nothing is watched but the traffic
  const sampling::KubeletSource* kubelet_ = nullptr;  // the sampler's; null: it sees for itself
  std::optional<sampling::Sample> of_kubelet_;        // the newest with its figures
  sampling::History pod_;
  traffic::History requests_;
  traffic::SeriesSum totals_;
  alert::ThresholdAlerts alerts_;
  alert::Outlook outlook_;
  alert::Verdict verdict_;
  bool measured_ = false;  // anything, ever
  base::TimePoint began_;
};

}  // namespace sidecar
