// What `/inject` answers of pods that are created: op::inject(), with the profile that the pod
// names and the labels of its namespace asked for. Every replica answers; nothing is kept, so that
// a profile that was just applied counts. Nobody waits long: what is not known within a second is
// not known, and the pod is let through as it is, with a warning.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/key.h"
#include "operator/admission_review.h"
#include "operator/injection.h"

namespace op {

class Injector {
 public:
  /// An object as it is now; null: there is none. An Error: nobody knows.
  using Find =
      std::function<aio::Task<base::Result<api::Node>>(kube::Key key, std::stop_token stop)>;

  /// Lifetime: the clock outlives it.
  Injector(aio::Clock& clock, SidecarSettings settings, Find find_namespace, Find find_profile);
  /// Always allows.
  aio::Task<AdmissionAnswer> answer(AdmissionRequest request, std::stop_token stop);

 private:
  aio::Task<base::Result<api::Node>> known(const Find& find, kube::Key key, std::stop_token stop);

  aio::Clock& clock_;
  SidecarSettings settings_;
  Find find_namespace_, find_profile_;
};

}  // namespace op
