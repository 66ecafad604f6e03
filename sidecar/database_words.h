// What is known of the database, for people (JSON) and for Prometheus. Pure.
#pragma once

#include <string>

#include "api/node.h"
#include "base/time.h"
#include "probes/pg_pool.h"
#include "sidecar/database_check.h"

namespace sidecar {

struct DatabaseView {
  const DatabaseSeen& seen;
  probes::PgPoolStats pool;
  alert::Verdict verdict;
  base::TimePoint now;
};

/// The verdict with its issues, the server's figures, the pool's.
api::Node database_node(const DatabaseView& view);
/// muster_db_…
std::string database_exposition(const DatabaseView& view);

}  // namespace sidecar
