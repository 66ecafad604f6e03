#include "operator/injector.h"

#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "kube/resource.h"
#include "operator/injection_profile.h"

namespace op {
namespace {

using api::Node;

constexpr base::Duration kKnownWithin = base::seconds(1);

bool is_judged(const AdmissionRequest& request) {
  return request.group.empty() && request.kind == kube::kPods.kind && request.subresource.empty() &&
         request.operation == "CREATE";
}

AdmissionAnswer answer_of(Injection injection) {
  AdmissionAnswer out;
  out.patch = std::move(injection.patch);
  out.warnings = std::move(injection.warnings);
  return out;
}

/// Who names one that is not there may have forgotten to apply it.
std::string missing(const Node& pod, const Node& profile) {
  if (!profile.is_null() || !pod["metadata"]["annotations"].has(kProfileAnnotation)) return {};
  return fmt::format(
      "there is no SidecarProfile '{}' in this namespace: the sidecar has defaults until there is",
      api::sidecar_profile_of(pod));
}

}  // namespace

Injector::Injector(aio::Clock& clock, SidecarSettings settings, Find find_namespace,
                   Find find_profile)
    : clock_(clock),
      settings_(std::move(settings)),
      find_namespace_(std::move(find_namespace)),
      find_profile_(std::move(find_profile)) {}

aio::Task<AdmissionAnswer> Injector::answer(AdmissionRequest request, std::stop_token stop) {
  if (!is_judged(request)) co_return AdmissionAnswer{};
  const Node& pod = request.object;
  Node labels;
  // A pod that says it itself needs nobody else's word.
  if (!pod["metadata"]["labels"].has(kInjectLabel)) {
    auto space = co_await known(find_namespace_, {"", request.key.space}, stop);
    if (!space) {
      AdmissionAnswer out;
      out.warnings = {"no sidecar was injected: " + space.error().message};
      co_return out;
    }
    labels = (*space)["metadata"]["labels"];
  }
  if (asked(pod, labels) != Injected::Yes || !check_profile_name(api::sidecar_profile_of(pod))) {
    co_return answer_of(inject(pod, labels, Node(), settings_));
  }
  auto profile =
      co_await known(find_profile_, {request.key.space, api::sidecar_profile_of(pod)}, stop);
  if (!profile) {
    co_return answer_of(refuse(pod, Injected::BadProfile, profile.error().message));
  }
  if (labels.is_null() && wants_redirect(pod, *profile)) {
    auto space = co_await known(find_namespace_, {"", request.key.space}, stop);
    if (!space) co_return answer_of(refuse(pod, Injected::PodSecurity, space.error().message));
    labels = (*space)["metadata"]["labels"];
  }
  Injection injection = inject(pod, labels, *profile, settings_);
  const std::string said = missing(pod, *profile);
  if (injection.result == Injected::Yes && !said.empty()) injection.warnings.push_back(said);
  co_return answer_of(std::move(injection));
}

aio::Task<base::Result<Node>> Injector::known(const Find& find, kube::Key key,
                                              std::stop_token stop) {
  const auto ask = [&](std::stop_token limited) { return find(key, std::move(limited)); };
  co_return co_await aio::with_deadline(clock_, clock_.now() + kKnownWithin, std::move(stop),
                                        "look for " + kube::to_string(key), ask);
}

}  // namespace op
