// The load's sender for a database: statements through the pool of requirement R8, as an
// application's would be. Its service_time is from the statement's sending to its answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/load_runner.h"
#include "probes/pg_pool.h"

namespace probes {

struct LoadStatement {
  std::string name;       // "read"
  std::string statement;  // "$1", where it occurs, is the turn's key
};

/// The statements of the shipped systems' shop (customers, orders), for read, write and heavy.
/// Errors: InvalidArgument for another name, with the names that are known.
base::Result<std::string> default_statement(std::string_view name);

/// A mix whose empty statements are filled with the defaults.
base::Result<std::vector<LoadStatement>> with_defaults(std::vector<LoadStatement> mix);

class PgLoadSender final : public LoadSender {
 public:
  /// Lifetime: clock and pool outlive it. `label` begins the names of the prepared statements.
  PgLoadSender(aio::Clock& clock, PgPool& pool, std::vector<LoadStatement> mix, std::string label);

  aio::Task<LoadOutcome> send(LoadTurn turn, std::stop_token stop) override;

 private:
  aio::Clock& clock_;
  PgPool& pool_;
  std::vector<LoadStatement> mix_;
  std::string label_;
};

}  // namespace probes
