// Steps of a running drill that wait for a person, and the file by which one is approved.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "runner/state_dir.h"

namespace runner {

/// The names of a plan's steps of kind `approval`, in its order.
std::vector<std::string> approval_steps(const api::Node& plan);

/// Approves a step, also one that has not begun to wait.
/// Errors: NotFound naming the steps that can be approved; what cannot be read or written.
base::Result<> approve(const DrillDir& dir, const std::string& step);

}  // namespace runner
