// The history of finished drills: an index over the result files, in SQLite. It answers `drill
// list`, compliance over time and the trend without opening every report. It is never the only
// place a result lies in: report.json is written first, so a history that is locked, full, damaged
// or gone costs the index and not the evidence, and append() of the same drill again is harmless.
//
// WAL, so that readers and one writer do not block each other; synchronous=FULL, since a drill ends
// rarely; a busy timeout instead of retries. The schema is versioned in user_version and moved up
// by numbered migrations, each in one transaction. A file of a newer version is refused, not
// touched.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drill/summary.h"

namespace store {

struct HistoryOptions {
  std::int64_t drills_max = 10'000;  // per plan; the oldest go first
  std::chrono::milliseconds busy_timeout{5'000};
  std::int64_t pages_max = 0;  // 4 KiB each; 0: SQLite's own limit
};

/// Thread: one thread at a time; several processes may have the same file open.
class History {
 public:
  /// Opens or creates the database and moves its schema up.
  /// Errors: DataLoss (damaged, or no SQLite database), FailedPrecondition (of a newer version),
  /// PermissionDenied, ResourceExhausted (disk full), Unavailable (locked by another process).
  static base::Result<History> open(const std::filesystem::path& file,
                                    const HistoryOptions& options = {});
  ~History();
  History(History&& other) noexcept;
  History& operator=(History&& other) noexcept;

  /// Adds a finished drill, or replaces the row of the same id, and drops what exceeds drills_max.
  base::Result<> append(const drill::Summary& drill);
  /// The newest first; at most `count`.
  base::Result<std::vector<drill::Summary>> list(std::int64_t count) const;
  /// The drills of one plan, oldest first, as trends want them; the newest `count` of them.
  base::Result<std::vector<drill::Summary>> of_plan(std::string_view plan,
                                                    std::int64_t count) const;
  /// One drill.
  /// Errors: NotFound.
  base::Result<drill::Summary> find(std::string_view drill_id) const;

 private:
  class Database;
  History(std::unique_ptr<Database> database, std::string file);
  template <class T>
  base::Result<T> named(base::Result<T> result) const;
  std::unique_ptr<Database> database_;
  std::string file_;
};

}  // namespace store
