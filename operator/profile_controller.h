// Delivers SidecarProfiles: the driver of decide_profile(). A profile is reconciled when it
// changes, and looked at again every minute, because ConfigMaps are not watched (the operator may
// read them in few namespaces, and only by their names): one that somebody changed or removed is
// put right then, and a right that was given takes effect. So are the pods of its namespace, of
// which some may have been refused a sidecar: with that a profile is written at most twice a
// minute, whatever pods do.
#pragma once

#include <memory>
#include <stop_token>

#include "aio/clock.h"
#include "kube/client.h"
#include "kube/controller.h"
#include "kube/recorder.h"
#include "operator/drill_controller.h"

namespace op {

class ProfileController {
 public:
  /// How soon a ConfigMap that somebody changed is seen.
  static constexpr base::Duration kLookEvery = base::seconds(60);

  /// Lifetime: all outlive it. Thread: the client's executor.
  ProfileController(aio::Clock& clock, kube::Client& client, kube::EventRecorder& events,
                    ControllerSettings settings);
  ~ProfileController();
  ProfileController(const ProfileController&) = delete;
  ProfileController& operator=(const ProfileController&) = delete;

  /// Keeps the copy; until stopped. Errors: none.
  aio::Task<base::Result<>> follow(std::stop_token stop);
  bool synced() const;
  /// Reconciles; until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop);
  kube::Controller& controller();

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace op
