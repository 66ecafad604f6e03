// What all pages share: one file that can be mailed, printed and kept, with no scripts, no external
// resources and its own content security policy. Light and dark follow the reader's system; on
// paper it is light. What goes into a page is Html, so that text of a drill was escaped before.
#pragma once

#include <string>
#include <string_view>

#include "report/markup.h"

namespace report {

/// A whole document.
std::string page(std::string_view title, const Html& body, const Html& footer);

}  // namespace report
