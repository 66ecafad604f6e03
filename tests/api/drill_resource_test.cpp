#include "api/drill_resource.h"

#include <gtest/gtest.h>

#include "api/plan_parse.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

Node shipped_plan() {
  return document_of(read_file(source_path("dr-drills/database-failover.yaml")));
}

TEST(DrillResource, AnObjectIsADocumentWithoutWhatTheServerAdds) {
  Node plan = shipped_plan();
  plan.find("metadata")->set("uid", "1").set("resourceVersion", "2");
  plan.set("status", Node::map().set("stale", true));
  EXPECT_FALSE(parse_plan(plan, "plan", test_catalog()));
  EXPECT_TRUE(parse_plan(as_written(plan), "plan", test_catalog()));
}

}  // namespace
}  // namespace api
