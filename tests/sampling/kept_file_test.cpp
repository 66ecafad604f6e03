#include "sampling/kept_file.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sampling/sampler.h"
#include "support/allocations.h"

namespace sampling {
namespace {

class KeptFileTest : public ::testing::Test {
 protected:
  KeptFileTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-kept-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~KeptFileTest() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::trunc) << text;
    return folder_ + "/" + name;
  }

  std::string folder_;
  Buffer buffer_;
};

TEST_F(KeptFileTest, EveryReadIsOfTheFileAsItIsNow) {
  KeptFile file(write("a", "1\n"));
  EXPECT_EQ(file.read(buffer_), "1\n");
  write("a", "22\n");
  EXPECT_EQ(file.read(buffer_), "22\n");
  write("a", "");
  EXPECT_EQ(file.read(buffer_), "");
  EXPECT_EQ(file.error(), 0);
}

TEST_F(KeptFileTest, LargeFilesAreReadWholeInBothShapes) {
  std::string text;
  while (text.size() < 100'000) text += std::to_string(text.size()) + "\n";
  const std::string path = write("a", text);
  KeptFile record(path);
  EXPECT_EQ(record.read(buffer_), text);
  Buffer small;
  KeptFile lines(path, KeptFile::Shape::Lines);
  EXPECT_EQ(lines.read(small), text);
  EXPECT_EQ(lines.read(small), text);
}

TEST_F(KeptFileTest, AFileLargerThanAllMemoryForItIsRefused) {
  const std::string path = write("a", "");
  std::filesystem::resize_file(path, kBufferMax + 1);
  KeptFile file(path);
  EXPECT_FALSE(file.read(buffer_));
  EXPECT_EQ(file.error(), EFBIG);
  EXPECT_LE(buffer_.size(), kBufferMax);
}

TEST_F(KeptFileTest, AFileThatIsNotThereIsLookedForOnceUntilReopened) {
  KeptFile file(folder_ + "/later");
  EXPECT_FALSE(file.read(buffer_));
  EXPECT_TRUE(file.gone());
  write("later", "x");
  EXPECT_FALSE(file.read(buffer_));
  file.reopen();
  EXPECT_EQ(file.read(buffer_), "x");
  EXPECT_FALSE(file.gone());
  KeptFile moved(std::move(file));
  EXPECT_EQ(moved.read(buffer_), "x");
  EXPECT_TRUE(moved.is_open());
}

TEST(Allocations, NoneWhileNoProcessComesOrGoes) {
  auto cgroup = cgroup_of_process(::getpid());
  ASSERT_TRUE(cgroup) << cgroup.error().message;
  Sampler of_cgroup(*std::move(cgroup), {});
  Sampler of_processes(processes_of({"/proc", {::getpid()}, 0}), {});
  const auto sample = [](Sampler& sampler) {
    // Others' processes come and go: of many samples the cheapest shows what one costs.
    std::uint64_t least = 1000;
    for (int second = 0; second < 50; ++second) {
      const std::uint64_t before = test::allocations();
      sampler.sample(base::TimePoint(base::seconds(second)));
      least = std::min(least, test::allocations() - before);
    }
    return least;
  };
  EXPECT_EQ(sample(of_cgroup), 0u);
  EXPECT_EQ(sample(of_processes), 0u);
}

}  // namespace
}  // namespace sampling
