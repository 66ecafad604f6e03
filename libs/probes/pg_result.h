// What PostgreSQL answered, free of libpq's types: rows as text, or a failure that knows whether
// the statement can have taken effect. The mapping to outcomes (measurement.md §1):
//
//   before the statement was sent (refused, timeout, FATAL at connect)       Fail
//   ERROR of the server: the transaction was rolled back                    Fail
//   FATAL or PANIC after sending (57P01 shutdown, 57P02 crash), class 08,
//   40003, a lost connection, a timeout                                     Info
//   success, but the wait for the synchronous standby was cancelled         Info / SyncCancelled
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "base/result.h"
#include "drill/record.h"

struct pg_result;  // libpq's PGresult

namespace probes {

/// A row while it is being read. Lifetime: the call it is passed to.
class PgRow {
 public:
  PgRow(const pg_result* result, int row) : result_(result), row_(row) {}
  /// Empty for NULL and for a column that is not there.
  std::string_view text(int column) const;
  bool is_null(int column) const;
  int columns() const;

 private:
  const pg_result* result_;
  int row_;
};

struct PgResult {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::uint64_t affected = 0;        // rows that an INSERT, UPDATE, DELETE or SELECT touched
  bool sync_wait_cancelled = false;  // committed here, perhaps not on the standby

  /// The first column of the first row; empty when there is none or it is NULL.
  std::string first() const;
  /// A cell; empty when it is NULL or not there.
  std::string_view cell(std::size_t row, std::size_t column) const;
};

struct PgFailure {
  drill::Cause cause = drill::Cause::Protocol;
  bool sent = false;      // bytes of the statement may have left
  bool rejected = false;  // the server answered ERROR: the statement had no effect
  std::string sqlstate;   // five characters; empty: not an answer of the server
  std::string message;

  /// Fail when it is proven that the statement had no effect, else Info.
  drill::Outcome outcome() const;
  base::Error error() const;
};

template <class T = void>
using PgOutcome = tl::expected<T, PgFailure>;

/// The SQLSTATE in a message of the verbose form ("FATAL:  53300: sorry, too many clients").
std::string sqlstate_of(std::string_view verbose_message);

/// A connection attempt that failed, from libpq's message.
PgFailure connect_failure(std::string_view message);

/// An answer of the server to a statement that was sent.
/// `severity` is the untranslated one: ERROR, FATAL, PANIC.
PgFailure answer_failure(std::string_view sqlstate, std::string_view severity, std::string message);

}  // namespace probes
