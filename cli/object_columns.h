// Columns of one's own, as `kubectl get -o custom-columns=TITLE:PATH,…`. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/json_path.h"

namespace cli {

struct ObjectColumn {
  std::string title;
  api::PathTemplate path;
};

/// A path may stand without its braces and its first dot. Errors: InvalidArgument naming the
/// column.
base::Result<std::vector<ObjectColumn>> parse_columns(const std::string& text);

/// A line for each object; several values of a path stand with commas, none as "<none>".
/// Errors: as api::PathTemplate::find(), naming the column.
base::Result<std::string> column_table(const std::vector<ObjectColumn>& columns,
                                       const std::vector<api::Node>& objects, bool titles);

}  // namespace cli
