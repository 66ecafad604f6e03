#include "cli/object_form_file.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"

namespace cli {
namespace {

using testing::HasSubstr;

TEST(ObjectFormFile, TitlesAndPathsOfTwoLinesAreColumns) {
  EXPECT_EQ(columns_of_lines("NAME  PHASE\n.metadata.name\t.status.phase\n").value_or("an error"),
            "NAME:.metadata.name,PHASE:.status.phase");
  for (const std::string bad : {"", "NAME", "NAME PHASE\n.metadata.name", "\n.metadata.name"}) {
    const auto columns = columns_of_lines(bad);
    ASSERT_FALSE(columns.has_value()) << bad;
    EXPECT_THAT(columns.error().message, HasSubstr("a line of titles and one of as many paths"));
  }
}

TEST(ObjectFormFile, AFormWithoutAFileStaysAsItIs) {
  EXPECT_EQ(form_of_file("jsonpath={.kind}").value_or("an error"), "jsonpath={.kind}");
  EXPECT_EQ(form_of_file("wide").value_or("an error"), "wide");
}

TEST(ObjectFormFile, WhatTheFileHoldsTakesItsPlace) {
  const std::string path = testing::TempDir() + "muster-form-" + std::to_string(::getpid());
  ASSERT_TRUE(aio::write_file_atomic(path, "{.kind}\n").has_value());
  EXPECT_EQ(form_of_file("jsonpath-file=" + path).value_or("an error"), "jsonpath={.kind}\n");
  EXPECT_THAT(form_of_file("custom-columns-file=" + path).error().message, HasSubstr(path));
  ASSERT_TRUE(aio::remove_tree(path).has_value());
  EXPECT_THAT(form_of_file("jsonpath-file=" + path).error().message, HasSubstr("jsonpath-file"));
  EXPECT_THAT(form_of_file("jsonpath-file=").error().message, HasSubstr("no file stands"));
}

}  // namespace
}  // namespace cli
