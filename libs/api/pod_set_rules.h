// What a workload of a plan must be to its kind: pods that are named by their labels need a
// selector, and a number of them; whatever else is named has both itself. For plan_rules.cpp.
#pragma once

#include <string_view>

#include "api/decode.h"

namespace api {

/// `workloads`: decoded, of spec.target.kubernetes.
void check_pod_sets(Decoder& decoder, const Node& workloads);

/// As Kubernetes has them: an optional DNS name and a slash, and a word of at most 63 characters;
/// the word alone, or nothing. Source: Kubernetes documentation, Labels and Selectors.
bool is_label_key(std::string_view text);
bool is_label_value(std::string_view text);

}  // namespace api
