// Every kind of fault, step and condition that a target in a cluster knows.
#pragma once

#include "targets/catalog.h"

namespace cluster {

/// A line each; sql, waitFor, and the postgres, http and probe conditions are those of
/// libs/targets.
targets::Catalog cluster_catalog();

}  // namespace cluster
