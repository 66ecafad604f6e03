#include "runner/schedule_file.h"

#include <filesystem>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/yaml.h"

namespace runner {
namespace {

namespace fs = std::filesystem;

api::Problems problem(const std::string& file, const std::string& message) {
  return {api::Problem{file, {}, "", message}};
}

/// A plan's path as written is relative to the schedule's file.
std::string plan_file(const std::string& schedule_file, const std::string& plan) {
  return (fs::path(schedule_file).parent_path() / plan).lexically_normal().string();
}

}  // namespace

tl::expected<ScheduleFile, api::Problems> read_schedule(const std::string& file,
                                                        const api::ActionCatalog& catalog,
                                                        scheduling::Instant now) {
  auto text = aio::read_file(file, 4U << 20U);
  if (!text) return tl::unexpected(problem(file, text.error().message));
  auto documents = api::parse_yaml(*text, file);
  if (!documents) return tl::unexpected(documents.error());
  if (documents->size() != 1) {
    return tl::unexpected(
        problem(file, fmt::format("{} documents; exactly one is allowed", documents->size())));
  }
  auto spec = scheduling::parse_schedule(documents->front(), file);
  if (!spec) return tl::unexpected(spec.error());
  ScheduleFile out;
  out.plan = {plan_file(file, spec->drill.plan), spec->drill.profile, spec->drill.sets};
  const auto plan = read_plan(out.plan, catalog);
  if (!plan) {
    api::Problems problems = plan.error();
    const api::Mark mark = documents->front()["spec"]["drill"].mark;
    problems.insert(problems.begin(), {file, mark, "spec.drill",
                                       fmt::format("the plan {} cannot be run as it is asked for "
                                                   "here",
                                                   out.plan.file)});
    return tl::unexpected(std::move(problems));
  }
  out.plan_name = plan->plan.name;
  out.warnings = scheduling::warnings(*spec, now);
  out.spec = std::move(*spec);
  out.text = std::move(*text);
  return out;
}

}  // namespace runner
