// A thin RAII layer over SQLite's C interface: a connection, a prepared statement, and its error
// codes as Errors of ours. Only history.cpp and sqlite.cpp see sqlite3.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace store {

class Statement {
 public:
  explicit Statement(sqlite3_stmt* handle) : handle_(handle, &finish) {}

  /// Binds the next parameter, from the left.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(double number);
  Statement& bind_null();

  /// True: a row is there. False: done.
  base::Result<bool> step();
  std::string text(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  bool is_null(int column) const;

 private:
  static void finish(sqlite3_stmt* handle);
  std::unique_ptr<sqlite3_stmt, void (*)(sqlite3_stmt*)> handle_;
  int bound_ = 0;
};

class Sqlite {
 public:
  /// Opens or creates the file.
  /// Errors: as error() says.
  static base::Result<Sqlite> open(const std::filesystem::path& file,
                                   std::chrono::milliseconds busy_timeout);

  base::Result<Statement> prepare(std::string_view sql) const;
  /// Statements without parameters and results, one after the other.
  base::Result<> run(const char* sql) const;
  /// The journal mode in which readers and a writer do not wait for each other. Waits for others
  /// that change to it at the same moment: SQLite calls that busy at once, where each holds what
  /// the other one needs.
  base::Result<> use_wal(std::chrono::milliseconds busy_timeout) const;
  /// The one integer that a query gives.
  base::Result<std::int64_t> integer(std::string_view sql) const;

 private:
  explicit Sqlite(sqlite3* handle) : handle_(handle, &close) {}
  static void close(sqlite3* handle);
  std::unique_ptr<sqlite3, void (*)(sqlite3*)> handle_;
};

/// A transaction that takes the write lock at once, so that it waits at its start (busy timeout)
/// and never fails halfway for a lock; rolled back unless committed.
class Transaction {
 public:
  static base::Result<Transaction> begin(const Sqlite& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  base::Result<> commit();

 private:
  explicit Transaction(const Sqlite* database) : database_(database) {}
  const Sqlite* database_;
};

}  // namespace store
