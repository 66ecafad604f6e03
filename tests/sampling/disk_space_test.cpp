#include "sampling/disk_space.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sampling {
namespace {

namespace fs = std::filesystem;

/// A folder as /proc is, with processes that see what the test gives them.
class AnyProcess : public testing::Test {
 protected:
  AnyProcess() { fs::create_directories(proc_); }
  ~AnyProcess() override { fs::remove_all(proc_); }
  void process(const std::string& id, const std::string& root) {
    fs::create_directories(proc_ / id);
    fs::create_directory_symlink(root, proc_ / id / "root");
  }
  std::optional<DiskSpace> space(const std::string& path = "") const {
    return space_of((proc_ / "*" / "root").string() + path);
  }
  fs::path proc_ = fs::path(testing::TempDir()) /
                   testing::UnitTest::GetInstance()->current_test_info()->name() /
                   std::to_string(getpid());
};

TEST(DiskSpace, IsThatOfThePathOrMissing) {
  const auto root = space_of("/");
  ASSERT_TRUE(root);
  EXPECT_GT(root->total_bytes, 0U);
  EXPECT_GT(fullness(*root), 0);
  EXPECT_LE(fullness(*root), 1);
  EXPECT_FALSE(space_of("/no/such/path"));
  EXPECT_FALSE(space_of("/proc")) << "it has no size";
}

TEST_F(AnyProcess, IsWhoeverSeesThePath) {
  EXPECT_FALSE(space("/")) << "there is none";
  process("17", "/no/such/root");
  EXPECT_FALSE(space("/")) << "it sees nothing";
  process("18", "/");
  EXPECT_TRUE(space("/"));
  EXPECT_TRUE(space("/usr"));
  EXPECT_FALSE(space("/no/such/path"));
}

TEST_F(AnyProcess, IsAnotherThanOneself) {
  process(std::to_string(getpid()), "/");
  process("self", "/");
  EXPECT_FALSE(space("/"));
}

TEST_F(AnyProcess, TheFullestCounts) {
  double most = 0;
  int id = 0;
  for (const char* root : {"/dev", "/dev/shm", "/run", "/"}) {
    process(std::to_string(++id), root);
    if (const auto one = space_of(root)) most = std::max(most, fullness(*one));
  }
  const auto found = space("/");
  ASSERT_TRUE(found);
  EXPECT_NEAR(fullness(*found), most, 0.01) << "others use these disks, too";
}

}  // namespace
}  // namespace sampling
