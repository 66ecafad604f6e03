// Asks for the kubelet's figures of this pod, every ten seconds, at the URL that it was told: a
// Service of the operator's, which may ask kubelets (docs/adr/0024). The sidecar itself has no
// token, and needs none: what it is told is no secret of the pod's, and is shown on its own admin
// port to whoever asks there.
//
// No answer is no figure: what was heard last ages (sampling/kubelet_source.h), and is not shown
// any more when it is too old. Runs on the main thread; no request waits for it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/http_client.h"
#include "net/url.h"
#include "sampling/kubelet_source.h"

namespace sidecar {

/// Where to ask, and for which pod.
struct PodFiguresPlace {
  std::string url;  // empty: nowhere
  std::string uid;  // empty: not known
};
/// `flag`: of --pod-figures; empty: as the environment says. That is how injected sidecars are
/// told: one of an older image leaves a variable alone that it does not know, and ends at a flag.
PodFiguresPlace pod_figures_place(const std::string& flag);

/// Errors: InvalidArgument, naming the flag. Empty: nobody is asked.
base::Result<> check_pod_figures(const std::string& url);

/// Thread: of its executor.
class PodFigures {
 public:
  /// Lifetime: clock and source outlive it. Errors: as check_pod_figures().
  static base::Result<std::unique_ptr<PodFigures>> create(aio::Clock& clock,
                                                          const aio::Executor& executor,
                                                          const std::string& url,
                                                          sampling::KubeletSource& source);

  /// Asks again and again, until it is told to stop.
  aio::Task<base::Result<>> run(std::stop_token stop);
  /// "muster_sidecar_pod_figures_total{result}", in the text format 0.0.4.
  std::string exposition() const;

 private:
  enum Outcome : std::uint8_t { kNew, kSame, kOld, kOther, kPending, kFailed };

  PodFigures(aio::Clock& clock, const aio::Executor& executor, net::Url url,
             std::shared_ptr<net::TlsContext> tls, sampling::KubeletSource& source);
  /// Nothing: they are on their way.
  aio::Task<base::Result<std::optional<sampling::KubeletStats>>> ask(std::stop_token stop);
  void take(base::Result<std::optional<sampling::KubeletStats>> said);
  void note(Outcome outcome, const std::string& why);

  aio::Clock& clock_;
  sampling::KubeletSource& source_;
  net::Url url_;
  net::HttpClient client_;
  std::array<std::uint64_t, 6> counts_{};
  bool failing_ = false;
};

}  // namespace sidecar
