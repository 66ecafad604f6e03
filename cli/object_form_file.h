// Forms of -o whose expression is in a file: jsonpath-file=FILE and custom-columns-file=FILE, as
// kubectl reads them.
#pragma once

#include <string>

#include "base/result.h"

namespace cli {

/// The words of -o that a file's name follows, for help and completion.
inline constexpr const char* kPathFile = "jsonpath-file=";
inline constexpr const char* kColumnsFile = "custom-columns-file=";

/// What -o says, with what the file holds in place of its name; any other word as it is.
/// Errors: InvalidArgument naming the word; NotFound, PermissionDenied … as aio::read_file().
base::Result<std::string> form_of_file(const std::string& word);

/// A line of titles and a line of paths, as columns of one line: "NAME:.metadata.name,…". Pure.
/// Errors: InvalidArgument: there are not two lines, or not as many paths as titles.
base::Result<std::string> columns_of_lines(const std::string& text);

}  // namespace cli
