// docs/plans.md must say of every field what the tables say: a field that is added, or a range or
// default that is changed, without its line in the guide fails here.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/field_text.h"
#include "api/plan_parse.h"
#include "api/tables.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

std::string allowed_cell(const FieldSpec& field) {
  switch (field.type) {
    case FieldType::Object: return "a map";
    case FieldType::Objects: return "a list of maps";
    case FieldType::Name: return "a name";
    case FieldType::Integer:
      return fmt::format("an integer from {} to {}", field.minimum, field.maximum);
    default: return describe(field);
  }
}

std::string default_cell(const FieldSpec& field) {
  if (field.required) return "required";
  const bool shown = field.otherwise && field.type != FieldType::Object;
  return shown ? fmt::format("`{}`", show(*field.otherwise)) : "none";
}

void check_table(const std::string& guide, const FieldSpec& table, const std::string& path) {
  if (table.fields.empty()) return;
  const std::string title = fmt::format("### `{}`\n", path);
  const std::size_t begin = guide.find(title);
  ASSERT_NE(begin, std::string::npos) << "docs/plans.md has no section " << title;
  const std::string section = guide.substr(begin, guide.find("\n### ", begin) - begin);
  for (const FieldSpec& field : table.fields) {
    const std::string row = fmt::format("| `{}` | {} | {} | {} |\n", field.name,
                                        allowed_cell(field), default_cell(field), field.doc);
    EXPECT_NE(section.find(row), std::string::npos) << path << " lacks the row\n" << row;
    if (field.name != "inline") check_table(guide, field, path + "." + field.name);
  }
}

TEST(Guide, SaysOfEveryFieldWhatTheTablesSay) {
  const std::string guide = read_file(source_path("docs/plans.md")) + "\n";
  check_table(guide, table_at(recovery_plan_table(), "spec"), "spec");
}

TEST(Guide, ItsShortestPlanIsAPlan) {
  const std::string guide = read_file(source_path("docs/plans.md"));
  const std::size_t begin = guide.find("```yaml\n") + 8;
  const std::string text = guide.substr(begin, guide.find("```", begin) - begin);
  const auto plan = parse_plan(document_of(text), "p.yaml", test_catalog());
  ASSERT_TRUE(plan) << format(plan.error());
  EXPECT_EQ(plan->timing.baseline_seconds, 300);
}

}  // namespace
}  // namespace api
