// The verdicts as JUnit XML, for the test view of a CI system: one case per objective and per
// criterion. Missed is a <failure>; inconclusive and invalid are an <error>, since the drill did
// not show that the objective was missed, only that it could not be judged.
#pragma once

#include <string>

#include "drill/report.h"

namespace report {

std::string junit(const drill::Report& report);

}  // namespace report
