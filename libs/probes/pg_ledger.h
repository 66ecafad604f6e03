// The ledger table of one drill in the database under test, as SQL text. It lives in a schema of
// its own, named after the drill, and is dropped at the end. Rows are (drill, stream, seq, HMAC):
//   - no unique constraint, so that a duplicate made by a retrying proxy becomes visible;
//   - never an update;
//   - the HMAC under a key that only this drill has tells a row that was damaged, or written by
//     somebody else, from one of ours.
// Every statement returns who answered: cluster_name and start time of the postmaster (primary and
// standby share the system identifier), the timeline and a WAL position. On a primary the timeline
// is that of pg_walfile_name(pg_current_wal_insert_lsn()), because pg_control_checkpoint() lags a
// promotion; on a standby it is the one it receives, or last replayed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "drill/record.h"
#include "probes/pg_connection.h"

namespace probes {

/// "muster_drill_" and the id in lower case with '_' for what no plain name may have; at most 63
/// bytes, of a longer id the end is kept, because there the random part is.
std::string ledger_schema(std::string_view drill_id);
/// Lists the ledger schemas of all drills that are in the database: (name).
PgQuery ledger_schemas();
/// DROP SCHEMA of a schema that ledger_schemas() listed; no error when it is not there.
PgQuery drop_schema(const std::string& schema);

class PgLedger {
 public:
  /// `key`: at least 16 random bytes of this drill.
  PgLedger(std::string drill_id, std::string key);

  const std::string& drill_id() const { return drill_id_; }
  /// ledger_schema() of this drill.
  const std::string& schema() const { return schema_; }

  /// Creates schema, table and index; nothing may be there before.
  PgQuery create() const;
  /// Drops the schema; no error when it is not there.
  PgQuery drop() const;
  /// Inserts (stream, seq) and returns who answered.
  PgQuery insert(drill::StreamId stream, std::uint64_t seq) const;
  /// Returns the highest seq of `stream` that is seen here, and who answered.
  PgQuery highest(drill::StreamId stream) const;
  /// Every row: stream, seq, hmac, drill. The caller adds on_row.
  PgQuery everything() const;
  /// Returns who answers.
  static PgQuery identity();

  /// The HMAC of a row in PostgreSQL's text form.
  std::string hmac_text(drill::StreamId stream, std::uint64_t seq) const;

 private:
  std::string drill_id_;
  std::string key_;
  std::string schema_;
  std::string insert_, highest_;
};

/// Who answered, from the columns that the statements above return beginning at `column`.
struct PgIdentity {
  std::string cluster;         // cluster_name; may be empty
  std::string started;         // RFC 3339 with microseconds, UTC
  std::uint32_t timeline = 0;  // 0: unknown
  std::uint64_t position = 0;  // LSN; 0: unknown
  bool in_recovery = false;

  /// "a@2026-11-21T04:42:24.123456Z": changes with every start of the server.
  std::string name() const { return cluster + "@" + started; }
};
PgIdentity identity_of(const PgResult& result, std::size_t column);

/// "16/B374D848" as a number; 0 when it is no LSN.
std::uint64_t parse_lsn(std::string_view text);
std::string lsn_text(std::uint64_t position);

}  // namespace probes
