#include "aio/file.h"

#include <filesystem>
#include <stdlib.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/entropy.h"
#include "base/check.h"

namespace aio {
namespace {

using base::Code;

class FileTest : public testing::Test {
 protected:
  FileTest() { CHECK(mkdtemp(folder_.data()) != nullptr); }
  ~FileTest() override { std::filesystem::remove_all(folder_); }
  std::string in(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_ = testing::TempDir() + "muster-file-XXXXXX";
};

TEST_F(FileTest, WritesAtomicallyAndReadsBack) {
  ASSERT_TRUE(write_file_atomic(in("a"), "one").has_value());
  ASSERT_TRUE(write_file_atomic(in("a"), "two", 0600).has_value());
  EXPECT_EQ(read_file(in("a")).value(), "two");
  struct stat found{};
  ASSERT_EQ(stat(in("a").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const auto count = std::distance(std::filesystem::directory_iterator(folder_), {});
  EXPECT_EQ(count, 1) << "a temporary file was left";
}

TEST_F(FileTest, AFailedReplacementLeavesTheOldFileAndNoOther) {
  std::filesystem::create_directory(in("taken"));
  EXPECT_FALSE(write_file_atomic(in("taken"), "x").has_value());
  const auto count = std::distance(std::filesystem::directory_iterator(folder_), {});
  EXPECT_EQ(count, 1);
}

TEST_F(FileTest, AppendsAndLimitsWhatItReads) {
  ASSERT_TRUE(append_file(in("log"), "a\n").has_value());
  ASSERT_TRUE(append_file(in("log"), "b\n").has_value());
  EXPECT_EQ(read_file(in("log")).value(), "a\nb\n");
  EXPECT_EQ(read_file(in("log"), 3).error().code, Code::InvalidArgument);
  EXPECT_EQ(read_file(in("none")).error().code, Code::NotFound);
  EXPECT_THAT(read_file(in("none")).error().message, testing::HasSubstr("none"));
}

TEST_F(FileTest, MakesAndRemovesFolders) {
  ASSERT_TRUE(make_dirs(in("x/y/z"), 0750).has_value());
  ASSERT_TRUE(make_dirs(in("x/y/z")).has_value());
  ASSERT_TRUE(write_file_atomic(in("x/y/z/f"), "").has_value());
  EXPECT_FALSE(make_dirs(in("x/y/z/f")).has_value());
  EXPECT_TRUE(remove_tree(in("x")).has_value());
  EXPECT_FALSE(file_exists(in("x")));
  EXPECT_TRUE(remove_tree(in("x")).has_value());
}

TEST_F(FileTest, ALockHasOneHolderWhoIsNamed) {
  {
    const auto first = FileLock::try_lock(in("lock"), "drill one");
    ASSERT_TRUE(first.has_value());
    const auto second = FileLock::try_lock(in("lock"), "drill two");
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, Code::AlreadyExists);
    EXPECT_THAT(second.error().message, testing::HasSubstr("held by drill one"));
  }
  EXPECT_TRUE(FileLock::try_lock(in("lock"), "drill three").has_value());
}

TEST(Entropy, DoesNotRepeat) {
  EXPECT_NE(seed(), seed());
  EXPECT_EQ(random_bytes(32).size(), 32U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

}  // namespace
}  // namespace aio
