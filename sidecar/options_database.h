// The flags of the application's database, as requirement R8 has its pool.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sidecar/settings.h"

namespace CLI {
class App;
}

namespace sidecar {

/// As the flags say it: whole seconds.
struct RawDatabase {
  std::int64_t gap = 2, connect = 10, query = 30, slow = 1, held = 5, check = 10, lag = 30;
};

/// Lifetime: `raw` and `database` outlive the parsing.
void database_flags(CLI::App& app, RawDatabase& raw, DatabaseSettings& database);
/// Errors: InvalidArgument, naming the flag.
base::Result<> settle_database(const RawDatabase& raw, DatabaseSettings& database);

}  // namespace sidecar
