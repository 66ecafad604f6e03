// The kubelet's figures among the sidecar's own: which are whose, what is newest of both, and how
// it is told. Where they come from is said wherever they are shown, and how old they are. Pure.
#pragma once

#include <string>

#include "api/node.h"
#include "base/time.h"
#include "sampling/kubelet_source.h"
#include "sampling/sample.h"

namespace sidecar {

/// The network is seen by the sidecar itself, whatever it cannot see.
bool is_of_kubelet(sampling::Figure figure);

/// A sample in which the kubelet had nothing new to say: only what the sidecar has read itself.
sampling::Sample without_kubelet(const sampling::Sample& sample);
/// `newest`, with the kubelet's newest figures where it has none of them.
sampling::Sample with_kubelet(sampling::Sample newest, const sampling::Sample& of_kubelet);

/// {"name": "kubelet", "fresh": true, "ageSeconds": 7.5}; without an age where it was never heard.
api::Node source_node(const sampling::KubeletSource& kubelet, base::TimePoint now);
/// The same for Prometheus, in the text format 0.0.4.
std::string source_exposition(const sampling::KubeletSource& kubelet, base::TimePoint now);

}  // namespace sidecar
