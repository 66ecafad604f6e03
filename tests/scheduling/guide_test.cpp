// docs/scheduling.md must say of every field what the table says, and its example must be a
// schedule.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/field_text.h"
#include "api/tables.h"
#include "api/yaml.h"
#include "scheduling/spec.h"

namespace scheduling {
namespace {

using api::FieldSpec;
using api::FieldType;

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(MUSTER_SOURCE_DIR "/") + path);
  EXPECT_TRUE(in) << path;
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

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
  return field.otherwise ? fmt::format("`{}`", show(*field.otherwise)) : "none";
}

void check_table(const std::string& guide, const FieldSpec& table, const std::string& path) {
  if (table.fields.empty()) return;
  const std::string title = fmt::format("### `{}`\n", path);
  const std::size_t begin = guide.find(title);
  ASSERT_NE(begin, std::string::npos) << "docs/scheduling.md has no section " << title;
  const std::string section = guide.substr(begin, guide.find("\n### ", begin) - begin);
  for (const FieldSpec& field : table.fields) {
    const std::string row = fmt::format("| `{}` | {} | {} | {} |\n", field.name,
                                        allowed_cell(field), default_cell(field), field.doc);
    EXPECT_NE(section.find(row), std::string::npos) << path << " lacks the row\n" << row;
    check_table(guide, field, path + "." + field.name);
  }
}

tl::expected<Spec, api::Problems> parsed(const std::string& text) {
  auto documents = api::parse_yaml(text, "s.yaml");
  EXPECT_TRUE(documents) << api::format(documents.error());
  return parse_schedule(documents ? documents->front() : api::Node(), "s.yaml");
}

TEST(ScheduleGuide, SaysOfEveryFieldWhatTheTableSays) {
  check_table(read_file("docs/scheduling.md") + "\n", table_at(api::drill_schedule_table(), "spec"),
              "spec");
}

TEST(ScheduleGuide, ItsExampleIsASchedule) {
  const std::string guide = read_file("docs/scheduling.md");
  const std::size_t begin = guide.find("```yaml\n") + 8;
  const auto spec = parsed(guide.substr(begin, guide.find("```", begin) - begin));
  ASSERT_TRUE(spec) << api::format(spec.error());
  EXPECT_EQ(spec->blackouts.size(), 2U);
}

TEST(ScheduleGuide, TheShippedScheduleIsOne) {
  const auto spec = parsed(read_file("dr-drills/schedules/weekly-database-failover.yaml"));
  ASSERT_TRUE(spec) << api::format(spec.error());
  EXPECT_EQ(spec->drill.plan, "../database-failover.yaml");
}

}  // namespace
}  // namespace scheduling
