#include "runner/state_dir.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/field_text.h"

namespace runner {
namespace {

namespace fs = std::filesystem;

std::string default_root() {
  if (geteuid() == 0) return "/var/lib/muster";
  const std::string state = aio::env_or("XDG_STATE_HOME", "");
  return state.empty() ? aio::env_or("HOME", "/tmp") + "/.local/state/muster" : state + "/muster";
}

/// "<plan>-20261121-044224-1a2b" -> "20261121-044224-1a2b", by which drills sort in time.
std::string stamp_of(const std::string& id) {
  constexpr std::size_t kStampLength = 20;
  return id.size() > kStampLength ? id.substr(id.size() - kStampLength) : id;
}

/// Whether a folder is a drill's, and not somebody's archive.
bool is_drill_id(const std::string& id) {
  constexpr std::string_view kForm = "-00000000-000000-xxxx";
  if (id.size() <= kForm.size()) return false;
  const std::string_view end = std::string_view(id).substr(id.size() - kForm.size());
  return std::equal(kForm.begin(), kForm.end(), end.begin(), [](char form, char letter) {
    if (form == '-') return letter == '-';
    return form == '0' ? letter >= '0' && letter <= '9' : std::isxdigit(letter) != 0;
  });
}

/// At most three ids that the user may have meant: one that is a few letters away, else those that
/// contain what was typed (a plan's end, a date, the four digits).
std::vector<std::string> nearest_ids(const std::vector<DrillDir>& all, const std::string& typed) {
  constexpr std::size_t kIdsMax = 3;
  std::vector<std::string> ids;
  for (const DrillDir& drill : all) ids.push_back(drill.id());
  if (const std::string near = api::nearest(typed, ids); !near.empty()) return {near};
  std::erase_if(ids, [&](const std::string& id) {
    return typed.empty() || id.find(typed) == std::string::npos;
  });
  if (ids.size() > kIdsMax) ids.resize(kIdsMax);
  return ids;
}

}  // namespace

std::string DrillDir::id() const {
  return fs::path(path).filename().string();
}

base::Result<StateDir> StateDir::at(const std::string& root) {
  std::error_code error;
  const fs::path full = fs::absolute(root.empty() ? default_root() : root, error);
  if (error) return base::fail_errno("state directory " + root, error.value());
  return StateDir(full.lexically_normal().string());
}

base::Result<StateDir> StateDir::open(const std::string& root) {
  TRY(StateDir dir, at(root));
  for (const std::string& folder : {dir.root_, dir.root_ + "/drills", dir.systems(), dir.locks()}) {
    if (auto made = aio::make_dirs(folder); !made) {
      return tl::unexpected(made.error().with("state directory"));
    }
  }
  return dir;
}

base::Result<DrillDir> StateDir::create_drill(const std::string& plan, base::WallTime now,
                                              std::uint64_t random) const {
  const std::string id =
      fmt::format("{}-{}-{:04x}", plan, base::compact_utc(now), random & 0xffffU);
  DrillDir drill{root_ + "/drills/" + id};
  if (aio::file_exists(drill.path)) {
    return base::fail(base::Code::AlreadyExists, "drill " + id + " exists already");
  }
  TRY(aio::make_dirs(drill.path, 0700));
  return drill;
}

base::Result<std::vector<DrillDir>> StateDir::drills() const {
  std::error_code error;
  std::vector<DrillDir> found;
  for (fs::directory_iterator entry(root_ + "/drills", error), end; !error && entry != end;
       entry.increment(error)) {
    DrillDir drill{entry->path().string()};
    if (entry->is_directory(error) && is_drill_id(drill.id())) found.push_back(std::move(drill));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return base::fail_errno(root_ + "/drills", error.value());
  }
  std::sort(found.begin(), found.end(), [](const DrillDir& a, const DrillDir& b) {
    return stamp_of(a.id()) > stamp_of(b.id());
  });
  return found;
}

base::Result<DrillDir> StateDir::find(const std::string& id) const {
  TRY(const std::vector<DrillDir> all, drills());
  if (id == "last" && !all.empty()) return all.front();
  std::vector<DrillDir> matches;
  for (const DrillDir& drill : all) {
    if (drill.id() == id) return drill;
    if (!id.empty() && drill.id().starts_with(id)) matches.push_back(drill);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.size() > 1) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("drill '{}' is ambiguous: {} drills begin so, the newest is {}",
                                  id, matches.size(), matches.front().id()));
  }
  if (all.empty()) {
    return base::fail(base::Code::NotFound,
                      fmt::format("no drill '{}': there is none in {}", id, root_));
  }
  std::string near;
  for (const std::string& one : nearest_ids(all, id)) near += (near.empty() ? "" : ", ") + one;
  return base::fail(
      base::Code::NotFound,
      fmt::format("no drill '{}' in {};{} the newest is {}", id, root_,
                  near.empty() ? "" : " the nearest: " + near + ";", all.front().id()));
}

}  // namespace runner
