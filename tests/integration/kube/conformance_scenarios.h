// What programs do with an API server, as data: each is played on a real one and on the simulated
// one (sim/api_server.h), and what comes of it has to be the same. A behaviour that a simulated
// test relies on belongs here.
#pragma once

#include <vector>

#include "conformance_play.h"

namespace kube {

const std::vector<Scenario>& conformance_scenarios();

}  // namespace kube
