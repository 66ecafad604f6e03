// The final read of a drill's ledger: every row of the table, from the survivor, from the old
// primary before it is rewound, and once more when it has caught up (measurement.md §5). Rows come
// one by one (libpq's single-row mode), so that only what the evidence keeps is held: 24 bytes a
// row. The HMAC is checked here, where the key is; the judgement is libs/drill's.
//
// A read that breaks off is no read: `complete` is false and nothing may be concluded from its
// rows. It runs in one statement, hence over one snapshot.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "drill/evidence.h"
#include "probes/pg_ledger.h"

namespace probes {

struct PgFinalReadSpec {
  drill::FinalRead::Which which = drill::FinalRead::Which::Survivor;
  std::string instance;
  PgAddress address;                          // an isolated server: its socket folder as host
  base::Duration limit = base::seconds(120);  // connecting included
  std::uint64_t rows_max = 20'000'000;        // a table that is not ours must not fill the memory
};

/// Reads the whole table. A failure is a FinalRead that is not complete, with its error.
/// Cancellation: the same, error "stopped".
aio::Task<drill::FinalRead> read_ledger_table(aio::Clock& clock, const PgLedger& ledger,
                                              PgFinalReadSpec spec, std::stop_token stop);

}  // namespace probes
