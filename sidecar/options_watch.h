// The flags of what is watched: endpoints, and whose CPU and memory.
#pragma once

#include "base/result.h"
#include "sidecar/settings.h"

namespace CLI {
class App;
}

namespace sidecar {

/// Lifetime: the settings outlive the parsing.
void watch_flags(CLI::App& app, Settings& settings);
/// Limits that no flag says are those of the environment, MUSTER_MEMORY_LIMIT_BYTES and
/// MUSTER_CPU_LIMIT_CORES: that is how injected sidecars are told
/// (operator/injection_container.cpp) what their profile may say otherwise. What is out of range
/// there is none, and stops no pod. Errors: InvalidArgument, naming the flag.
base::Result<> settle_watch(Settings& settings);

}  // namespace sidecar
