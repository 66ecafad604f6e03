#include "aio/resident.h"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aio/file.h"

namespace aio {
namespace {

/// A line of /proc/self/status, in KiB.
long kib(const std::string& name) {
  const std::string status = read_file("/proc/self/status").value();
  const auto at = status.find(name + ":");
  return at == std::string::npos ? -1
                                 : std::strtol(status.c_str() + at + name.size() + 1, nullptr, 10);
}

/// Written after the program was loaded, in each kind of segment that is left alone.
std::string zeroed;
std::string initialised = "as compiled";
const std::vector<std::string> relocated = {"one", "two"};

TEST(Resident, WhatIsNeededNoMoreIsUnmappedAndTheRestGoesOn) {
  zeroed = "written";
  initialised = "written too";
  const long before = kib("RssFile");
  give_back_memory();
  const long after = kib("RssFile");
  ASSERT_GT(before, 0);
  EXPECT_LT(after, before);
  EXPECT_EQ(zeroed, "written");
  EXPECT_EQ(initialised, "written too");
  EXPECT_EQ(relocated.at(1), "two");
  EXPECT_THROW(static_cast<void>(relocated.at(2)), std::out_of_range);  // unwinds, with its tables
}

TEST(Resident, ItCanBeDoneAgain) {
  give_back_memory();
  give_back_memory();
  EXPECT_TRUE(read_file("/proc/self/status").has_value());
}

}  // namespace
}  // namespace aio
