// YAML to documents to plans and systems. What parses must survive being written and read again,
// and every problem must say what is wrong.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/cross_check.h"
#include "api/plan_parse.h"
#include "api/test_catalog.h"
#include "api/yaml.h"
#include "base/check.h"

namespace {

void check_problems(const api::Problems& problems) {
  CHECK(!problems.empty());
  for (const api::Problem& problem : problems) CHECK(!problem.message.empty());
}

void check_document(const api::Node& document) {
  static const api::ActionCatalog kCatalog = api::test_catalog();
  const auto system = api::parse_local_system(document, "f");
  if (system) {
    CHECK(api::parse_local_system(api::to_node(*system), "f").has_value());
  } else {
    check_problems(system.error());
  }
  const auto plan = api::parse_plan(document, "f", kCatalog);
  if (!plan) return check_problems(plan.error());
  static const api::LocalSystem kNothing;
  (void)api::cross_check(*plan, kNothing, kCatalog);
  (void)api::warnings(*plan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = api::parse_yaml(text, "f", {.bytes = 1 << 20, .nodes = 5000, .depth = 64});
  if (!documents) {
    check_problems(documents.error());
    return 0;
  }
  for (const api::Node& document : *documents) {
    const std::string yaml = api::to_yaml(document);
    const auto again = api::parse_yaml(yaml, "f", {.bytes = 16 << 20, .nodes = 5000, .depth = 64});
    // Equal by its text: a number that is no number never equals itself.
    CHECK(again && again->size() == 1 && api::to_yaml(again->front()) == yaml);
    check_document(document);
  }
  return 0;
}
