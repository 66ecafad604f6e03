// The style sheet of the report page: one column, system fonts, light and dark by the reader's
// system, light on paper.
#pragma once

namespace report {

const char* style_sheet();

}  // namespace report
