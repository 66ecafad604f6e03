// Objects of the cluster as `kubectl get` shows them: columns are those of the
// CustomResourceDefinitions (api/crd.h), so that both always show the same. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/crd.h"
#include "api/node.h"
#include "base/time.h"
#include "cli/cluster_options.h"

namespace cli {

struct ObjectTable {
  bool wide = false;
  bool namespaces = false;  // with a first column of them
  base::WallTime now{};
  bool titles = true;
};

/// One kind's objects as lines; none: only the titles are left out, and nothing is.
std::string object_table(const std::string& kind, const std::vector<api::Node>& objects,
                         const ObjectTable& how);

/// Cells of a column begin below each other, three spaces apart; nothing stands behind the last.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

/// One object by itself, several as a List.
api::Node whole_of(const std::vector<api::Node>& objects, bool one);

/// The same as JSON or YAML, or names a line each; for no other form.
std::string objects_as(ObjectForm form, const std::vector<api::Node>& objects, bool one);

/// "42s", "7m", "3h", "12d".
std::string age_text(base::Duration age);

/// What a Drill is, for people: conditions that are not well, violations, recommendations, problems
/// and where the evidence is; each a line.
std::string drill_details(const api::Node& drill);

}  // namespace cli
