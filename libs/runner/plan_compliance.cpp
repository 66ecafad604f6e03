#include "runner/plan_compliance.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/field_text.h"
#include "api/plan_parse.h"
#include "api/yaml.h"
#include "report/stamps.h"
#include "runner/drill_list.h"
#include "runner/drill_target.h"
#include "targets/catalog.h"

namespace runner {
namespace {

constexpr std::size_t kPlanBytesMax = 4U << 20U;
constexpr std::int64_t kAgeDays = 90;  // the default of objectives.maxAgeDays

using report::DrillState;
using report::ListedDrill;

base::Result<api::Node> read_document(const std::string& file) {
  TRY(const std::string text, aio::read_file(file, kPlanBytesMax));
  const auto documents = api::parse_yaml(text, file);
  if (!documents) return base::fail(base::Code::InvalidArgument, api::format(documents.error()));
  if (documents->empty()) return base::fail(base::Code::InvalidArgument, file + " is empty");
  return documents->front();
}

std::optional<std::int64_t> max_age(const base::Result<api::Node>& document) {
  if (!document) return std::nullopt;
  const api::Node& days = (*document)["spec"]["objectives"]["maxAgeDays"];
  return days.is_null() ? kAgeDays : days.as_int();
}

bool is_file(const std::string& plan) {
  return plan.find('/') != std::string::npos || plan.ends_with(".yaml") || plan.ends_with(".yml");
}

/// The plans that were asked for, by name, with the age that a given file allows.
base::Result<std::map<std::string, std::optional<std::int64_t>>> wanted_plans(
    const std::vector<std::string>& plans) {
  std::map<std::string, std::optional<std::int64_t>> out;
  for (const std::string& plan : plans) {
    if (!is_file(plan)) {
      out.emplace(plan, std::nullopt);
      continue;
    }
    TRY(const api::Node document, read_document(plan));
    const auto parsed = api::parse_plan(document, plan, action_catalog(targets::local_catalog()));
    if (!parsed) return base::fail(base::Code::InvalidArgument, api::format(parsed.error()));
    out[parsed->name] = parsed->objectives.max_age_days;
  }
  return out;
}

struct Group {
  std::vector<drill::Summary> drills;
  std::uint64_t unreported = 0;
};
using Groups = std::map<std::pair<std::string, std::string>, Group>;  // by plan and profile

/// A drill that still runs is neither.
void add(Groups& groups, ListedDrill&& drill) {
  const std::pair key(drill.summary.plan, drill.summary.profile);
  if (drill.has_report) {
    groups[key].drills.push_back(std::move(drill.summary));
  } else if (drill.state != DrillState::Running) {
    ++groups[key].unreported;
  }
}

base::Result<> check_all_found(const std::map<std::string, std::optional<std::int64_t>>& wanted,
                               const std::vector<std::string>& known, const Groups& groups,
                               const ComplianceQuery& query) {
  for (const auto& [plan, age] : wanted) {
    const bool found = std::any_of(groups.begin(), groups.end(), [&name = plan](const auto& group) {
      return group.first.first == name;
    });
    if (found) continue;
    if (std::find(known.begin(), known.end(), plan) == known.end()) {
      return base::fail(base::Code::NotFound,
                        fmt::format("no drill of a plan '{}' on this machine.{}{}", plan,
                                    api::suggest(plan, known),
                                    known.empty() ? "" : " There are: " + api::join(known)));
    }
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("no drill of '{}'{}{}", plan,
                                  query.profile.empty() ? "" : " with profile " + query.profile,
                                  query.since.empty() ? "" : " since " + query.since));
  }
  if (groups.empty() && (!query.profile.empty() || !query.since.empty())) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("no drill{}{} on this machine",
                                  query.profile.empty() ? "" : " with profile " + query.profile,
                                  query.since.empty() ? "" : " since " + query.since));
  }
  return {};
}

/// How old evidence of these drills may be: as the newest of them said.
std::int64_t max_age_of(const std::vector<drill::Summary>& drills,
                        std::vector<std::string>& warnings) {
  const auto newest =
      std::max_element(drills.begin(), drills.end(),
                       [](const auto& a, const auto& b) { return a.started < b.started; });
  if (newest == drills.end()) return kAgeDays;
  const DrillDir dir{newest->directory};
  const auto days = max_age(read_document(dir.plan()));
  if (days) return *days;
  warnings.push_back(fmt::format("the plan of {} cannot be read: maxAgeDays is taken as {}",
                                 newest->drill_id, kAgeDays));
  return kAgeDays;
}

std::optional<base::Duration> ago(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::int64_t kCountMax = 100'000;
  if (error != std::errc{} || count < 0 || count > kCountMax) return std::nullopt;
  const std::string_view unit(end, text.size() - static_cast<std::size_t>(end - text.data()));
  if (unit == "d") return base::seconds(86'400) * count;
  if (unit == "h") return base::seconds(3'600) * count;
  return std::nullopt;
}

}  // namespace

base::Result<base::WallTime> parse_since(std::string_view text, base::WallTime now) {
  if (const auto length = ago(text)) return now - *length;
  constexpr std::size_t kDate = 10, kSeconds = 19, kNanos = 29;
  std::string whole(text);
  if (whole.size() == kDate) whole += "T00:00:00";
  if (whole.ends_with('Z')) whole.pop_back();
  if (whole.size() == kSeconds) whole += '.';
  if (whole.size() > kSeconds && whole.size() <= kNanos) {
    whole.resize(kNanos, '0');
    if (const auto time = report::parse_utc_nanos(whole + "Z")) return *time;
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("--since '{}' is no time: 2026-11-01, 2026-11-01T10:30:00Z (UTC), "
                                "90d and 12h are understood",
                                text));
}

base::Result<ComplianceAnswer> compliance_of(const StateDir& state, const ComplianceQuery& query,
                                             base::WallTime now) {
  ComplianceAnswer out;
  out.overview.at = now;
  if (!query.since.empty()) {
    TRY(const base::WallTime since, parse_since(query.since, now));
    out.overview.since = since;
  }
  TRY(const auto wanted, wanted_plans(query.plans));
  TRY(DrillList list, list_drills(state));
  out.warnings = std::move(list.warnings);
  Groups groups;
  std::vector<std::string> known;
  for (ListedDrill& drill : list.drills) {
    const drill::Summary& row = drill.summary;
    if (std::find(known.begin(), known.end(), row.plan) == known.end()) known.push_back(row.plan);
    const bool asked = (wanted.empty() || wanted.contains(row.plan)) &&
                       (query.profile.empty() || row.profile == query.profile) &&
                       (!out.overview.since || row.started >= *out.overview.since);
    if (asked) add(groups, std::move(drill));
  }
  TRY(check_all_found(wanted, known, groups, query));
  for (auto& [key, group] : groups) {
    const auto given = wanted.find(key.first);
    const bool by_file = given != wanted.end() && given->second;
    const std::int64_t age = by_file ? *given->second : max_age_of(group.drills, out.warnings);
    drill::PlanCompliance plan = drill::assess_history(group.drills, age, now);
    std::tie(plan.plan, plan.profile) = key;
    plan.unreported = group.unreported;
    out.overview.plans.push_back(std::move(plan));
  }
  return out;
}

}  // namespace runner
