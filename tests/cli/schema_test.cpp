// The published schemas are what the program prints; after a change of a table:
//   muster schema Resource > docs/schemas/resources.v1alpha1.json
#include <gtest/gtest.h>

#include "aio/file.h"
#include "api/json_schema.h"
#include "runner/drill_target.h"

namespace cli {
namespace {

TEST(PublishedSchema, OfPlansAndSystemsIsWhatTheTablesSay) {
  const targets::Catalog catalog = targets::local_catalog();
  const std::string printed =
      api::to_json(api::json_schema(runner::action_catalog(catalog)), 2) + "\n";
  const auto published =
      aio::read_file(std::string(MUSTER_SOURCE_DIR) + "/docs/schemas/resources.v1alpha1.json");
  ASSERT_TRUE(published.has_value()) << published.error().message;
  EXPECT_EQ(*published, printed);
}

}  // namespace
}  // namespace cli
