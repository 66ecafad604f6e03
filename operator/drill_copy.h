// What the operator's copy keeps of a Drill. One that has not ended is kept whole: decisions read
// it. One that has ended is a row of its plan's history and nothing else, and there are hundreds of
// those where there is one that runs; what ran is most of such an object, and only whether two
// drills ran the same is ever asked, so of the plan there is a digest. Whoever acts on a drill
// reads it from the server. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cluster/drill_object.h"

namespace op {

/// As cluster::parse_drill(); of a finished drill without spec, and of its status only what
/// row_of() and the schedules ask for, with a digest in the place of the plan.
base::Result<cluster::DrillObject> parse_drill_copy(std::string_view json);

/// Drills of the same plan can be compared. `plan`: of a status, or the digest that a copy has in
/// its place.
std::string digest_of_plan(const api::Node& plan);

}  // namespace op
