#include "runner/schedule_dir.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "api/node.h"
#include "runner/recover.h"
#include "runner/results.h"

namespace runner {
namespace {

namespace fs = std::filesystem;
using scheduling::Instant;

std::string schedules(const StateDir& state) {
  return state.root() + "/schedules";
}
std::string origin_file(const DrillDir& dir) {
  return dir.path + "/origin.json";
}
std::string compact(Instant at) {
  return base::compact_utc(at);
}

/// "<plan>-20261121-044224-1a2b".
bool is_of_plan(const DrillDir& dir, const std::string& plan) {
  constexpr std::size_t kStampLength = 21;
  const std::string id = dir.id();
  return id.size() == plan.size() + kStampLength && id.starts_with(plan + "-");
}

bool lives(const DrillDir& dir) {
  if (aio::file_exists(dir.ended()) || !aio::file_exists(dir.lock())) return false;
  return !aio::FileLock::try_lock(dir.lock(), "").has_value();
}

/// Ended in good order: nothing of it can still be needed to undo.
bool is_over(const DrillDir& dir) {
  if (!aio::file_exists(dir.ended())) return false;
  const auto needed = needs_recovery(dir);
  return needed && !*needed;
}

}  // namespace

base::Result<ScheduleDir> ScheduleDir::open(const StateDir& state, const std::string& schedule) {
  ScheduleDir dir(schedule, schedules(state) + "/" + schedule);
  TRY(aio::make_dirs(dir.path_));
  return dir;
}

std::vector<ScheduleDir> ScheduleDir::all(const StateDir& state) {
  std::vector<ScheduleDir> out;
  std::error_code error;
  for (fs::directory_iterator entry(schedules(state), error), end; !error && entry != end;
       entry.increment(error)) {
    out.push_back({entry->path().filename().string(), entry->path().string()});
  }
  std::sort(out.begin(), out.end(),
            [](const ScheduleDir& a, const ScheduleDir& b) { return a.name_ < b.name_; });
  return out;
}

std::string ScheduleDir::log(Instant slot) const {
  return path_ + "/" + compact(slot) + ".log";
}

base::Result<aio::FileLock> ScheduleDir::lock() const {
  auto lock = aio::FileLock::try_lock(path_ + "/lock", fmt::format("pid {}", getpid()));
  if (!lock && lock.error().code == base::Code::AlreadyExists) {
    return base::fail(base::Code::AlreadyExists, fmt::format("schedule {} is served already: {}",
                                                             name_, lock.error().message));
  }
  return lock;
}

bool ScheduleDir::served() const {
  return aio::file_exists(path_ + "/lock") && !aio::FileLock::try_lock(path_ + "/lock", "");
}

base::Result<std::optional<scheduling::State>> ScheduleDir::load() const {
  const auto text = aio::read_file(state(), 1U << 20U);
  if (!text && text.error().code == base::Code::NotFound) return std::nullopt;
  if (!text) return tl::unexpected(text.error());
  auto read = scheduling::state_from_json(*text, name_);
  if (read) return *read;
  return base::fail(read.error().code,
                    fmt::format("{}: {}. Without this file it is not known which slots were run; "
                                "removing it makes the schedule begin now",
                                state(), read.error().message));
}

base::Result<> ScheduleDir::save(const scheduling::State& state) const {
  return aio::write_file_atomic(this->state(), scheduling::to_json(state, name_));
}

void ScheduleDir::forget_logs(const scheduling::State& state) const {
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string path = entry->path().string();
    const bool known = std::any_of(state.recent.begin(), state.recent.end(),
                                   [&](const auto& record) { return log(record.slot) == path; });
    if (path.ends_with(".log") && !known) ::unlink(path.c_str());
  }
}

base::Result<> save_origin(const DrillDir& dir, const Origin& origin) {
  return aio::write_file_atomic(origin_file(dir),
                                api::to_json(api::Node::map()
                                                 .set("schedule", origin.schedule)
                                                 .set("slot", scheduling::utc_text(origin.slot)),
                                             2) +
                                    "\n");
}

std::optional<Origin> load_origin(const DrillDir& dir) {
  if (!aio::file_exists(origin_file(dir))) return std::nullopt;
  const auto text = aio::read_file(origin_file(dir), 1U << 16U);
  if (!text) return std::nullopt;
  const auto node = api::parse_json(*text);
  if (!node) return std::nullopt;
  const auto slot = scheduling::parse_time((*node)["slot"].as_string(), scheduling::Zone::utc());
  if (!slot) return std::nullopt;
  return Origin{(*node)["schedule"].as_string(), *slot};
}

std::vector<DrillDir> living_drills(const StateDir& state, const std::string& plan) {
  std::vector<DrillDir> out;
  for (const DrillDir& dir : state.drills().value_or(std::vector<DrillDir>())) {
    if (is_of_plan(dir, plan) && lives(dir)) out.push_back(dir);
  }
  return out;
}

std::optional<DrillDir> drill_of(const StateDir& state, const Origin& origin) {
  for (const DrillDir& dir : state.drills().value_or(std::vector<DrillDir>())) {
    const auto found = load_origin(dir);
    if (found && found->schedule == origin.schedule && found->slot == origin.slot) return dir;
  }
  return std::nullopt;
}

std::vector<std::string> remove_beyond_limits(const StateDir& state, const scheduling::Spec& spec) {
  if (!spec.successful_limit && !spec.failed_limit) return {};
  std::vector<scheduling::PastDrill> past;
  const auto drills = state.drills().value_or(std::vector<DrillDir>());
  for (const DrillDir& dir : drills) {
    const auto origin = load_origin(dir);
    if (!origin || origin->schedule != spec.name || !is_over(dir)) continue;
    const auto report = load_report(dir);
    past.push_back({dir.id(), origin->slot, report && exit_code(*report) == 0});
  }
  std::vector<std::string> removed;
  for (const std::string& id : scheduling::beyond_limits(spec, std::move(past))) {
    if (aio::remove_tree(state.root() + "/drills/" + id)) removed.push_back(id);
  }
  return removed;
}

}  // namespace runner
