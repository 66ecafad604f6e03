#include "operator/end_drills.h"

#include <gtest/gtest.h>

#include "operator/check.h"

namespace op {
namespace {

using api::Node;
using cluster::DrillObject;

DrillObject drill(const std::string& phase) {
  DrillObject out;
  out.key = {"shop", "d"};
  out.uid = "u";
  out.status = Node::map().set("phase", phase);
  return out;
}

TEST(EndDrills, WhatNeverBeganOrIsFinishedIsNotLeft) {
  for (const char* phase : {"", "Pending", "Finished"})
    EXPECT_FALSE(is_left(drill(phase))) << phase;
  for (const char* phase : {"Starting", "Recovery"}) EXPECT_TRUE(is_left(drill(phase))) << phase;
}

TEST(EndDrills, AFinalizerIsLeftInEveryPhase) {
  for (const char* phase : {"", "Starting", "Finished"}) {
    DrillObject held = drill(phase);
    held.has_finalizer = true;
    EXPECT_TRUE(is_left(held)) << phase;
  }
}

TEST(EndDrills, WhatIsDeletedAndHoldsNothingGoesByItself) {
  DrillObject deleted = drill("Starting");
  deleted.deleting = true;
  EXPECT_FALSE(is_left(deleted));
}

TEST(Check, NamesTheKindsThatAreNotServed) {
  EXPECT_EQ(missing_kinds("no JSON").size(), 8U);
  const char* served = R"({"kind":"APIResourceList","resources":[{"name":"recoveryplans"},
    {"name":"recoveryplans/status"},{"name":"drillschedules"},{"name":"drillschedules/status"},
    {"name":"drills"},{"name":"sidecarprofiles"},{"name":"sidecarprofiles/status"}]})";
  EXPECT_EQ(missing_kinds(served), std::vector<std::string>{"drills/status"});
}

}  // namespace
}  // namespace op
