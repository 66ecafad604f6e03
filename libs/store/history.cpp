#include "store/history.h"

#include <limits>

#include "base/enum_words.h"
#include "store/sqlite.h"

namespace store {
namespace {

// One entry per version of the schema; entry i moves a database from version i to i + 1. Entries
// are never changed once released: a database somewhere has run them.
// Bounds and times are nanoseconds; a null upper bound is an infinite one.
constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE drill (
  id TEXT PRIMARY KEY, plan TEXT NOT NULL, profile TEXT NOT NULL, mode TEXT NOT NULL,
  started INTEGER NOT NULL, finished INTEGER NOT NULL, verdict TEXT NOT NULL, ending TEXT NOT NULL,
  reason TEXT NOT NULL, rpo_records INTEGER NOT NULL, acked INTEGER NOT NULL,
  lost INTEGER NOT NULL, unknown INTEGER NOT NULL, score REAL NOT NULL, directory TEXT NOT NULL
) STRICT;
CREATE INDEX drill_by_plan ON drill (plan, started, id);
CREATE INDEX drill_by_start ON drill (started, id);
CREATE TABLE objective (
  drill TEXT NOT NULL REFERENCES drill (id) ON DELETE CASCADE, name TEXT NOT NULL,
  objective INTEGER NOT NULL, user_lower INTEGER NOT NULL, user_upper INTEGER,
  service_lower INTEGER NOT NULL, service_upper INTEGER, verdict TEXT NOT NULL,
  PRIMARY KEY (drill, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE phase (
  drill TEXT NOT NULL REFERENCES drill (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, took INTEGER, target INTEGER NOT NULL,
  PRIMARY KEY (drill, position)
) STRICT, WITHOUT ROWID;
)sql",
    // Which drills can be compared, and which figures were measured at all. Of drills before this
    // version the digest is not known; they are comparable with nothing.
    R"sql(
ALTER TABLE drill ADD COLUMN overrides TEXT NOT NULL DEFAULT '';
ALTER TABLE drill ADD COLUMN spec_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE drill ADD COLUMN ledger_read INTEGER NOT NULL DEFAULT 1;
ALTER TABLE objective ADD COLUMN measured INTEGER NOT NULL DEFAULT 1;
)sql",
    // What was violated, for compliance over time. Of drills before this version the history does
    // not know; their reports do.
    R"sql(
CREATE TABLE violation (
  drill TEXT NOT NULL REFERENCES drill (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  what TEXT NOT NULL, severity TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (drill, position)
) STRICT, WITHOUT ROWID;
)sql",
};
constexpr std::int64_t kVersion = std::size(kMigrations);

constexpr const char* kSelect =
    "SELECT id, plan, profile, mode, started, finished, verdict, ending, reason, rpo_records, "
    "acked, "
    "lost, unknown, score, directory, overrides, spec_digest, ledger_read FROM drill ";

base::Result<> finish(Statement& statement) {
  TRY(statement.step());
  return {};
}

void bind_upper(Statement& statement, const std::optional<drill::Duration>& upper) {
  if (upper) {
    statement.bind(std::int64_t{upper->count()});
  } else {
    statement.bind_null();
  }
}

std::int64_t nanos(drill::WallTime time) {
  return time.time_since_epoch().count();
}

/// The enumerator of a word.
/// Errors: DataLoss for a word no version of ours has written.
template <class E>
base::Result<E> parse(const std::string& text) {
  if (const auto value = base::value_of<E>(text)) return *value;
  return base::fail(base::Code::DataLoss, "unknown word '" + text + "'");
}

drill::Bounds bounds(const Statement& row, int lower, int upper) {
  drill::Bounds out{drill::Duration(row.integer(lower)), std::nullopt};
  if (!row.is_null(upper)) out.upper = drill::Duration(row.integer(upper));
  return out;
}

base::Result<drill::Summary> read_row(const Statement& row) {
  drill::Summary out;
  out.drill_id = row.text(0);
  out.plan = row.text(1);
  out.profile = row.text(2);
  out.mode = row.text(3);
  out.started = drill::WallTime(drill::Duration(row.integer(4)));
  out.finished = drill::WallTime(drill::Duration(row.integer(5)));
  TRY(out.verdict, parse<drill::Verdict>(row.text(6)));
  TRY(out.ending, parse<drill::Ending>(row.text(7)));
  out.reason = row.text(8);
  out.acked = static_cast<std::uint64_t>(row.integer(10));
  out.unknown = static_cast<std::uint64_t>(row.integer(12));
  out.score = row.real(13);
  out.directory = row.text(14);
  out.overrides = row.text(15);
  out.spec_digest = row.text(16);
  if (row.integer(17) != 0) {
    out.rpo_records = static_cast<std::uint64_t>(row.integer(9));
    out.lost = static_cast<std::uint64_t>(row.integer(11));
  }
  return out;
}

}  // namespace

class History::Database {
 public:
  Database(Sqlite sqlite, HistoryOptions options) : sqlite_(std::move(sqlite)), options_(options) {}

  base::Result<> set_up() const {
    TRY(sqlite_.use_wal(options_.busy_timeout));
    TRY(sqlite_.run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"));
    if (options_.pages_max > 0) {
      TRY(sqlite_.run(("PRAGMA max_page_count = " + std::to_string(options_.pages_max)).c_str()));
    }
    TRY(migrate());
    return check_whole();
  }

  base::Result<> append(const drill::Summary& drill) const {
    TRY(Transaction transaction, Transaction::begin(sqlite_));
    TRY(remove(drill.drill_id));
    TRY(insert(drill));
    TRY(insert_objective(drill.drill_id, "RTO", drill.rto));
    TRY(insert_objective(drill.drill_id, "RPO", drill.rpo));
    TRY(insert_phases(drill));
    TRY(insert_violations(drill));
    TRY(drop_oldest(drill.plan));
    return transaction.commit();
  }

  base::Result<std::vector<drill::Summary>> read(Statement query) const {
    std::vector<drill::Summary> out;
    while (true) {
      TRY(const bool found, query.step());
      if (!found) return out;
      TRY(drill::Summary row, read_row(query));
      TRY(read_objectives(row));
      TRY(read_phases(row));
      TRY(read_violations(row));
      out.push_back(std::move(row));
    }
  }

  /// Reads of several tables see one state of the database.
  template <class Read>
  base::Result<std::vector<drill::Summary>> consistently(Read read) const {
    TRY(sqlite_.run("BEGIN"));
    auto rows = read();
    TRY(sqlite_.run("COMMIT"));
    return rows;
  }

  const Sqlite& sqlite() const { return sqlite_; }

 private:
  base::Result<> migrate() const {
    TRY(const std::int64_t before, sqlite_.integer("PRAGMA user_version"));
    if (before == kVersion) return {};
    TRY(Transaction transaction, Transaction::begin(sqlite_));
    // Another process may have moved it up while this one waited for the lock.
    TRY(const std::int64_t version, sqlite_.integer("PRAGMA user_version"));
    if (version > kVersion || version < 0) {
      return base::fail(base::Code::FailedPrecondition,
                        "its version is " + std::to_string(version) +
                            ", this program knows up to " + std::to_string(kVersion) +
                            ": use a newer muster");
    }
    for (std::int64_t i = version; i < kVersion; ++i) TRY(sqlite_.run(kMigrations[i]));
    TRY(sqlite_.run(("PRAGMA user_version = " + std::to_string(kVersion)).c_str()));
    return transaction.commit();
  }

  /// A page that was overwritten is found here and not in a wrong trend later; a history of 10,000
  /// drills takes some ten milliseconds.
  base::Result<> check_whole() const {
    TRY(Statement statement, sqlite_.prepare("PRAGMA quick_check(1)"));
    TRY(const bool found, statement.step());
    if (found && statement.text(0) == "ok") return {};
    return base::fail(base::Code::DataLoss, "damaged: " + statement.text(0));
  }

  base::Result<> remove(std::string_view id) const {
    TRY(Statement statement, sqlite_.prepare("DELETE FROM drill WHERE id = ?"));
    statement.bind(id);
    return finish(statement);
  }

  base::Result<> insert(const drill::Summary& d) const {
    TRY(Statement statement,
        sqlite_.prepare("INSERT INTO drill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                        "?, ?, ?)"));
    statement.bind(d.drill_id).bind(d.plan).bind(d.profile).bind(d.mode);
    statement.bind(nanos(d.started)).bind(nanos(d.finished));
    statement.bind(std::string_view(name(d.verdict))).bind(std::string_view(name(d.ending)));
    statement.bind(d.reason);
    for (const std::uint64_t count :
         {d.rpo_records.value_or(0), d.acked, d.lost.value_or(0), d.unknown}) {
      statement.bind(static_cast<std::int64_t>(count));
    }
    statement.bind(d.score).bind(d.directory).bind(d.overrides).bind(d.spec_digest);
    statement.bind(std::int64_t{d.lost.has_value()});
    return finish(statement);
  }

  base::Result<> insert_objective(std::string_view drill, std::string_view which,
                                  const drill::ObjectiveSummary& objective) const {
    TRY(Statement statement,
        sqlite_.prepare("INSERT INTO objective VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    // None is one of 0 s, as it was before a plan could leave one out.
    const drill::Duration asked = objective.objective.value_or(drill::Duration::zero());
    statement.bind(drill).bind(which).bind(std::int64_t{asked.count()});
    for (const auto& measured : {objective.user_visible, objective.service}) {
      const drill::Bounds bounds = measured.value_or(drill::Bounds{});
      statement.bind(std::int64_t{bounds.lower.count()});
      bind_upper(statement, bounds.upper);
    }
    const drill::Verdict verdict = objective.verdict.value_or(drill::Verdict::Inconclusive);
    statement.bind(std::string_view(name(verdict)));
    statement.bind(std::int64_t{objective.service.has_value()});
    return finish(statement);
  }

  base::Result<> insert_phases(const drill::Summary& drill) const {
    std::int64_t position = 0;
    for (const drill::PhaseSummary& phase : drill.phases) {
      TRY(Statement statement, sqlite_.prepare("INSERT INTO phase VALUES (?, ?, ?, ?, ?)"));
      statement.bind(drill.drill_id).bind(position++).bind(phase.name);
      bind_upper(statement, phase.took);
      statement.bind(std::int64_t{phase.target.count()});
      TRY(finish(statement));
    }
    return {};
  }

  base::Result<> insert_violations(const drill::Summary& drill) const {
    std::int64_t position = 0;
    for (const drill::Violation& violation : drill.violations) {
      TRY(Statement statement, sqlite_.prepare("INSERT INTO violation VALUES (?, ?, ?, ?, ?)"));
      statement.bind(drill.drill_id).bind(position++).bind(violation.what);
      statement.bind(violation.severity).bind(violation.detail);
      TRY(finish(statement));
    }
    return {};
  }

  base::Result<> drop_oldest(std::string_view plan) const {
    TRY(Statement statement,
        sqlite_.prepare("DELETE FROM drill WHERE id IN (SELECT id FROM drill WHERE plan = ? "
                        "ORDER BY started DESC, id DESC LIMIT -1 OFFSET ?)"));
    statement.bind(plan).bind(options_.drills_max);
    return finish(statement);
  }

  base::Result<> read_objectives(drill::Summary& drill) const {
    TRY(Statement row,
        sqlite_.prepare("SELECT name, objective, user_lower, user_upper, service_lower, "
                        "service_upper, verdict, measured FROM objective WHERE drill = ?"));
    row.bind(drill.drill_id);
    while (true) {
      TRY(const bool found, row.step());
      if (!found) return {};
      drill::ObjectiveSummary& to = row.text(0) == "RTO" ? drill.rto : drill.rpo;
      if (row.integer(7) != 0) {
        to.user_visible = bounds(row, 2, 3);
        to.service = bounds(row, 4, 5);
      }
      TRY(const drill::Verdict verdict, parse<drill::Verdict>(row.text(6)));
      if (row.integer(1) == 0) continue;
      to.objective = drill::Duration(row.integer(1));
      to.verdict = verdict;
    }
  }

  base::Result<> read_phases(drill::Summary& drill) const {
    TRY(Statement row, sqlite_.prepare("SELECT name, took, target FROM phase WHERE drill = ? "
                                       "ORDER BY position"));
    row.bind(drill.drill_id);
    while (true) {
      TRY(const bool found, row.step());
      if (!found) return {};
      drill::PhaseSummary phase{row.text(0), std::nullopt, drill::Duration(row.integer(2))};
      if (!row.is_null(1)) phase.took = drill::Duration(row.integer(1));
      drill.phases.push_back(std::move(phase));
    }
  }

  base::Result<> read_violations(drill::Summary& drill) const {
    TRY(Statement row, sqlite_.prepare("SELECT what, severity, detail FROM violation "
                                       "WHERE drill = ? ORDER BY position"));
    row.bind(drill.drill_id);
    while (true) {
      TRY(const bool found, row.step());
      if (!found) return {};
      drill.violations.push_back({row.text(0), row.text(1), row.text(2)});
    }
  }

  Sqlite sqlite_;
  HistoryOptions options_;
};

History::History(std::unique_ptr<Database> database, std::string file)
    : database_(std::move(database)), file_(std::move(file)) {}
History::~History() = default;
History::History(History&& other) noexcept = default;
History& History::operator=(History&& other) noexcept = default;

base::Result<History> History::open(const std::filesystem::path& file,
                                    const HistoryOptions& options) {
  const auto said = [&](const base::Error& error) {
    return tl::unexpected(error.with("history " + file.string()));
  };
  auto sqlite = Sqlite::open(file, options.busy_timeout);
  if (!sqlite) return said(sqlite.error());
  auto database = std::make_unique<Database>(std::move(*sqlite), options);
  if (const auto ready = database->set_up(); !ready) return said(ready.error());
  return History(std::move(database), file.string());
}

template <class T>
base::Result<T> History::named(base::Result<T> result) const {
  if (!result) return tl::unexpected(result.error().with("history " + file_));
  return result;
}

base::Result<> History::append(const drill::Summary& drill) {
  return named(database_->append(drill));
}

base::Result<std::vector<drill::Summary>> History::list(std::int64_t count) const {
  return named(database_->consistently([&]() -> base::Result<std::vector<drill::Summary>> {
    TRY(Statement query, database_->sqlite().prepare(std::string(kSelect) +
                                                     "ORDER BY started DESC, id DESC LIMIT ?"));
    query.bind(count);
    return database_->read(std::move(query));
  }));
}

base::Result<std::vector<drill::Summary>> History::of_plan(std::string_view plan,
                                                           std::int64_t count) const {
  return named(database_->consistently([&]() -> base::Result<std::vector<drill::Summary>> {
    TRY(Statement query,
        database_->sqlite().prepare("SELECT * FROM (" + std::string(kSelect) +
                                    "WHERE plan = ? ORDER BY started DESC, id DESC LIMIT ?) "
                                    "ORDER BY started, id"));
    query.bind(plan).bind(count);
    return database_->read(std::move(query));
  }));
}

base::Result<drill::Summary> History::find(std::string_view drill_id) const {
  auto rows = named(database_->consistently([&]() -> base::Result<std::vector<drill::Summary>> {
    TRY(Statement query, database_->sqlite().prepare(std::string(kSelect) + "WHERE id = ?"));
    query.bind(drill_id);
    return database_->read(std::move(query));
  }));
  if (!rows) return tl::unexpected(rows.error());
  if (rows->empty()) {
    return base::fail(base::Code::NotFound,
                      "no drill '" + std::string(drill_id) + "' in history " + file_);
  }
  return rows->front();
}

}  // namespace store
