#include "runner/drill_list.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "drill/summary.h"
#include "runner/recover.h"
#include "runner/results.h"
#include "runner/status.h"
#include "store/history.h"

namespace runner {
namespace {

using report::DrillState;
using report::ListedDrill;
using Index = std::map<std::string, drill::Summary, std::less<>>;

/// More than are kept of ten plans; a list that long is for programs.
constexpr std::int64_t kRowsMax = 100'000;

int number(std::string_view digits) {
  int out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

/// "<plan>-20261121-044224-1a2b": plan and start of a drill that has not said more yet.
void read_id(drill::Summary& row) {
  constexpr std::size_t kStamp = 20;
  if (row.drill_id.size() <= kStamp + 1) return;
  const std::string_view stamp =
      std::string_view(row.drill_id).substr(row.drill_id.size() - kStamp);
  row.plan = row.drill_id.substr(0, row.drill_id.size() - kStamp - 1);
  const std::chrono::year_month_day date(
      std::chrono::year(number(stamp.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(number(stamp.substr(4, 2)))),
      std::chrono::day(static_cast<unsigned>(number(stamp.substr(6, 2)))));
  if (!date.ok()) return;
  row.started = drill::WallTime(std::chrono::sys_days(date).time_since_epoch()) +
                std::chrono::hours(number(stamp.substr(9, 2))) +
                std::chrono::minutes(number(stamp.substr(11, 2))) +
                std::chrono::seconds(number(stamp.substr(13, 2)));
}

/// What the drill said last; its note is where it stands.
void read_status(const DrillDir& dir, ListedDrill& drill) {
  drill.note = "starting";
  const auto status = load_status(dir);
  if (!status) return;
  const auto duration = [](double seconds) {
    return base::Duration(static_cast<std::int64_t>(seconds * 1e9));
  };
  drill.summary.plan = status->plan;
  drill.summary.profile = status->profile;
  drill.phase = status->phase;
  drill.elapsed = duration(status->elapsed_seconds);
  drill.note =
      fmt::format("{} for {}", status->phase, base::human(duration(status->phase_seconds)));
}

Index index_of(const StateDir& state, std::vector<std::string>& warnings) {
  Index index;
  if (!aio::file_exists(state.history())) return index;
  const auto history = store::History::open(state.history());
  auto rows = history ? history->list(kRowsMax)
                      : base::Result<std::vector<drill::Summary>>(tl::unexpected(history.error()));
  if (!rows) {
    warnings.push_back(rows.error().message + "; the reports are read instead");
    return index;
  }
  for (drill::Summary& row : *rows) {
    std::string id = row.drill_id;
    index.emplace(std::move(id), std::move(row));
  }
  return index;
}

std::optional<drill::Summary> result_of(const DrillDir& dir, Index& index) {
  if (auto known = index.extract(dir.id())) return std::move(known.mapped());
  if (!aio::file_exists(dir.report_json())) return std::nullopt;
  const auto report = load_report(dir);
  return report ? std::optional(drill::summarize(*report)) : std::nullopt;
}

ListedDrill finished(drill::Summary result) {
  ListedDrill drill;
  drill.summary = std::move(result);
  return drill;
}

ListedDrill listed(const DrillDir& dir, Index& index) {
  auto result = result_of(dir, index);
  if (result && aio::file_exists(dir.ended())) return finished(std::move(*result));
  ListedDrill drill = look_at(dir);
  if (!result) return drill;
  drill.summary = std::move(*result);
  drill.has_report = true;
  if (drill.state == DrillState::Finished) drill.note.clear();
  if (drill.state == DrillState::NoReport) {
    drill.state = DrillState::Finished;
    drill.note = "its report is gone";
  }
  if (drill.state == DrillState::Running) drill.note = "is being put away";
  return drill;
}

}  // namespace

bool alive(const DrillDir& dir) {
  return aio::FileLock::held(dir.lock()).value_or(false);
}

ListedDrill look_at(const DrillDir& dir) {
  ListedDrill drill;
  drill.has_report = false;
  drill.summary.drill_id = dir.id();
  drill.summary.directory = dir.path;
  read_id(drill.summary);
  read_status(dir, drill);
  const bool recovering = is_being_recovered(dir);
  if (!recovering && alive(dir)) {
    drill.state = DrillState::Running;
    return drill;
  }
  drill.phase.clear();
  drill.elapsed.reset();
  if (recovering) {
    drill.state = DrillState::NeedsRecovery;
    drill.note = "died: is being undone";
    return drill;
  }
  const auto left = needs_recovery(dir);
  if (!left && left.error().code == base::Code::PermissionDenied) {
    drill.state = DrillState::NoReport;
    drill.note = left.error().message;
  } else if (!left || *left) {
    drill.state = DrillState::NeedsRecovery;
    drill.note = left ? "died: run `muster drill recover`" : left.error().message;
  } else if (aio::file_exists(dir.report_json())) {
    drill.state = DrillState::Finished;
    drill.note = "it has ended";
  } else {
    drill.state = DrillState::NoReport;
    const auto log = aio::read_file(dir.guardian_log());
    const bool killed = log && !log->empty();
    drill.note = killed ? "was killed; its guardian undid everything" : "ended without a report";
  }
  return drill;
}

base::Result<DrillList> list_drills(const StateDir& state) {
  TRY(const std::vector<DrillDir> dirs, state.drills());
  DrillList out;
  Index index = index_of(state, out.warnings);
  for (const DrillDir& dir : dirs) out.drills.push_back(listed(dir, index));
  // Of drills whose folder was removed the row is what is left.
  for (auto& [id, row] : index) {
    out.drills.push_back(finished(std::move(row)));
    out.drills.back().note = "its folder was removed";
  }
  std::sort(out.drills.begin(), out.drills.end(), [](const ListedDrill& a, const ListedDrill& b) {
    return std::tie(a.summary.started, a.summary.drill_id) >
           std::tie(b.summary.started, b.summary.drill_id);
  });
  return out;
}

}  // namespace runner
