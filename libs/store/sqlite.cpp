#include "store/sqlite.h"

#include <sqlite3.h>
#include <utility>

namespace store {
namespace {

struct Meaning {
  base::Code code;
  const char* words;
  base::Retry retry = base::Retry::Terminal;
};

Meaning meaning_of(int result) {
  using base::Code;
  switch (result & 0xff) {  // the primary code
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::Unavailable, "locked by another process", base::Retry::Backoff};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {Code::DataLoss, "damaged, or no history database"};
    case SQLITE_FULL:
    case SQLITE_NOMEM: return {Code::ResourceExhausted, "no space left"};
    case SQLITE_IOERR: return {Code::ResourceExhausted, "cannot be written or read"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return {Code::PermissionDenied, "not writable"};
    case SQLITE_CANTOPEN: return {Code::PermissionDenied, "cannot be opened"};
    default: return {Code::Internal, "unexpected answer"};
  }
}

tl::unexpected<base::Error> error(sqlite3* handle, int result) {
  const Meaning meaning = meaning_of(result);
  return base::fail(meaning.code,
                    std::string(meaning.words) + " (SQLite: " +
                        (handle == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(handle)) + ")",
                    meaning.retry);
}

}  // namespace

void Statement::finish(sqlite3_stmt* handle) {
  sqlite3_finalize(handle);
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(handle_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(handle_.get(), ++bound_, number);
  return *this;
}
Statement& Statement::bind(double number) {
  sqlite3_bind_double(handle_.get(), ++bound_, number);
  return *this;
}
Statement& Statement::bind_null() {
  sqlite3_bind_null(handle_.get(), ++bound_);
  return *this;
}

base::Result<bool> Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return error(sqlite3_db_handle(handle_.get()), result);
}

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Sqlite::close(sqlite3* handle) {
  sqlite3_close_v2(handle);
}

base::Result<Sqlite> Sqlite::open(const std::filesystem::path& file,
                                  std::chrono::milliseconds busy_timeout) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  Sqlite database(handle);  // SQLite wants the handle closed even when it failed
  if (result != SQLITE_OK) return error(handle, result);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return database;
}

base::Result<Statement> Sqlite::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
  if (result != SQLITE_OK) return error(handle_.get(), result);
  return Statement(statement);
}

base::Result<> Sqlite::run(const char* sql) const {
  const int result = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return error(handle_.get(), result);
  return {};
}

base::Result<> Sqlite::use_wal(std::chrono::milliseconds busy_timeout) const {
  constexpr int kAgainMillis = 10, kPrimaryCode = 0xff;
  const auto until = std::chrono::steady_clock::now() + busy_timeout;
  while (true) {
    const int result =
        sqlite3_exec(handle_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) return {};
    const bool busy = (result & kPrimaryCode) == SQLITE_BUSY;
    if (!busy || std::chrono::steady_clock::now() >= until) return error(handle_.get(), result);
    sqlite3_sleep(kAgainMillis);
  }
}

base::Result<std::int64_t> Sqlite::integer(std::string_view sql) const {
  TRY(Statement statement, prepare(sql));
  TRY(const bool found, statement.step());
  return found ? statement.integer(0) : 0;
}

base::Result<Transaction> Transaction::begin(const Sqlite& database) {
  TRY(database.run("BEGIN IMMEDIATE"));
  return Transaction(&database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // When SQLite has rolled back by itself (disk full) this fails, and that is what was wanted.
  if (database_ != nullptr) static_cast<void>(database_->run("ROLLBACK"));
}

base::Result<> Transaction::commit() {
  TRY(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace store
