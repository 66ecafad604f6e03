// The report as one HTML file that can be mailed, printed and kept: no scripts, no external
// resources, its own content security policy. Light and dark follow the reader's system; on paper
// it is light. Every string of the drill is escaped, so a hostile plan name stays text.
#pragma once

#include <string>

#include "drill/report.h"

namespace report {

std::string html(const drill::Report& report);

}  // namespace report
