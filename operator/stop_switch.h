// The stop for all drills (D11): while there is a ConfigMap muster-stop in the operator's
// namespace, no drill runs anywhere; while there is one in another namespace, none runs there. What
// runs is ended and undone, what comes is refused, so that nothing begins by itself when the stop
// is taken away.
//
//   kubectl -n muster-system create configmap muster-stop --from-literal=reason="incident 4711"
//   kubectl -n muster-system delete configmap muster-stop
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/store.h"

namespace op {

inline constexpr const char* kStopName = "muster-stop";

class StopSwitch {
 public:
  /// `own`: the operator's namespace; `watched`: the only one with drills, empty: all.
  /// Lifetime: clock and client outlive it.
  StopSwitch(aio::Clock& clock, kube::Client& client, std::string own, const std::string& watched);
  StopSwitch(const StopSwitch&) = delete;
  StopSwitch& operator=(const StopSwitch&) = delete;

  /// Until stopped. Errors: none.
  aio::Task<base::Result<>> follow(std::stop_token stop);
  bool synced() const;

  /// Why no drill of a namespace may run; empty: it may.
  std::string reason(const std::string& ns) const;
  /// Called after the copy has changed.
  std::function<void()> on_change;

 private:
  std::string own_;
  kube::Store<std::string> all_, mine_;  // reasons
  std::vector<std::unique_ptr<kube::Informer>> informers_;
};

}  // namespace op
