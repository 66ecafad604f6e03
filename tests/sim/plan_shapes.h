// The plans under a folder as shapes of the simulation, read as `muster drill run` reads them.
#pragma once

#include <string>
#include <vector>

#include "sim/shape.h"

namespace sim {

struct PlanShapes {
  std::vector<Shape> shapes;
  std::string error;  // what could not be read
};
/// Each plan of the folder, and again with its processes suspended where it kills them, if that
/// leads anywhere.
PlanShapes plan_shapes(const std::string& folder);

}  // namespace sim
