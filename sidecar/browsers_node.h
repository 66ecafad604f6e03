// Browsers' figures for the query API: of each metric how many there were, how many of them slow,
// and figures of the newest 1,000; of a Core Web Vital also its rating, by its 75th percentile.
#pragma once

#include "api/node.h"
#include "ingest/rum.h"

namespace sidecar {

api::Node browsers_node(const ingest::RumTable& table);

}  // namespace sidecar
