#include "runner/ledger_schemas.h"

#include <algorithm>
#include <set>

#include "aio/file.h"
#include "probes/pg_ledger.h"

namespace runner {

namespace {
constexpr base::Duration kStatementMax = base::seconds(10);
}  // namespace

std::vector<std::string> schemas_to_drop(const std::vector<std::string>& found,
                                         const std::vector<std::string>& ended) {
  std::set<std::string> over;
  for (const std::string& drill : ended) over.insert(probes::ledger_schema(drill));
  std::vector<std::string> out;
  std::copy_if(found.begin(), found.end(), std::back_inserter(out),
               [&](const std::string& schema) { return over.contains(schema); });
  return out;
}

aio::Task<base::Result<>> drop_ended_ledgers(const StateDir& state, probes::PgInstances& instances,
                                             std::string primary, std::stop_token stop) {
  CO_TRY(const probes::PgResult listed,
         co_await instances.query(primary, probes::ledger_schemas().text, kStatementMax, stop));
  std::vector<std::string> found;
  for (std::size_t row = 0; row < listed.rows.size(); ++row) {
    found.emplace_back(listed.cell(row, 0));
  }
  if (found.empty()) co_return base::Result<>{};
  std::vector<std::string> ended;
  CO_TRY(const std::vector<DrillDir> drills, state.drills());
  for (const DrillDir& drill : drills) {
    if (aio::file_exists(drill.ended())) ended.push_back(drill.id());
  }
  for (const std::string& schema : schemas_to_drop(found, ended)) {
    CO_TRY(
        co_await instances.query(primary, probes::drop_schema(schema).text, kStatementMax, stop));
  }
  co_return base::Result<>{};
}

}  // namespace runner
