#include "plan_shapes.h"

#include <algorithm>
#include <filesystem>

#include "api/plan_resolve.h"
#include "api/references.h"
#include "runner/drill_target.h"
#include "runner/plan_config.h"

namespace sim {

PlanShapes plan_shapes(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".yaml") files.push_back(entry->path().string());
  }
  std::sort(files.begin(), files.end());
  PlanShapes out;
  if (files.empty()) out.error = folder + ": no plans";
  const targets::Catalog catalog = targets::local_catalog();
  const api::ActionCatalog kinds = runner::action_catalog(catalog);
  for (const std::string& file : files) {
    auto read = runner::read_plan({file, "", {}}, kinds);
    if (!read) {
      out.error += api::format(read.error());
      continue;
    }
    auto plan = api::resolve_plan(std::move(read->plan), api::placeholders_of(read->system), kinds);
    if (!plan) {
      out.error += file + ": " + plan.error().message;
      continue;
    }
    drill::EngineConfig config = runner::engine_config(*plan, catalog);
    config.isolated_cross_check = runner::can_isolate(*plan, read->system);
    out.shapes.push_back(shape_of(*plan, read->system, std::move(config)));
    Shape variant = suspended(out.shapes.back());
    const bool differs = !(variant.faults.front().deed == out.shapes.back().faults.front().deed);
    if (differs && variant.wrong.empty()) out.shapes.push_back(std::move(variant));
  }
  return out;
}

}  // namespace sim
