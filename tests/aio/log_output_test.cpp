// A log that nobody reads: what is written, what is lost, and that nobody waits.
#include "aio/log_output.h"

#include <array>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>
#include <gtest/gtest.h>

#include "aio/descriptor.h"
#include "base/check.h"

namespace aio {
namespace {

std::string notice(std::uint64_t lost) {
  return "lost " + std::to_string(lost) + "\n";
}

class LogToAPipe : public testing::Test {
 protected:
  LogToAPipe() {
    std::array<int, 2> ends{};
    CHECK(pipe(ends.data()) == 0);
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
    CHECK(fcntl(writer.get(), F_SETPIPE_SZ, PIPE_BUF) == PIPE_BUF);
    CHECK(fcntl(reader.get(), F_SETFL, O_NONBLOCK) == 0);
  }
  std::string read_all() const {
    std::string out;
    std::array<char, 2 * PIPE_BUF> bytes;
    ssize_t count = 0;
    while ((count = read(reader.get(), bytes.data(), bytes.size())) > 0) {
      out.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return out;
  }
  void fill() const {
    const std::string all(PIPE_BUF - 1, 'x');
    CHECK(write(writer.get(), (all + "\n").data(), PIPE_BUF) == PIPE_BUF);
  }
  Descriptor reader, writer;
};

TEST_F(LogToAPipe, AFullOneTakesNoLineAndNobodyWaits) {
  LogOutput log(writer.get(), notice);
  fill();
  log.write("one\n");
  log.write("two\n");
  EXPECT_EQ(log.lost(), 2U);
  EXPECT_EQ(read_all().size(), static_cast<std::size_t>(PIPE_BUF)) << "what filled it alone";
  EXPECT_EQ(fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0) << "others share it";
}

TEST_F(LogToAPipe, TheNextLineIsPrecededByHowManyWereLostOnce) {
  LogOutput log(writer.get(), notice);
  log.write("before\n");
  EXPECT_EQ(read_all(), "before\n");
  fill();
  for (int i = 0; i < 3; ++i) log.write("lost\n");
  read_all();
  log.write("first\n");
  EXPECT_EQ(read_all(), "lost 3\nfirst\n");
  log.write("second\n");
  EXPECT_EQ(read_all(), "second\n") << "what was told is not told again";
  fill();
  log.write("lost\n");
  read_all();
  log.write("third\n");
  EXPECT_EQ(read_all(), "lost 1\nthird\n");
  EXPECT_EQ(log.lost(), 4U);
}

TEST_F(LogToAPipe, OfALongLineWhoseReaderStopsTheEndIsLostAndNoOtherLine) {
  LogOutput log(writer.get(), notice);
  log.write(std::string(PIPE_BUF + 10, 'x') + "\n");
  EXPECT_EQ(log.lost(), 1U);
  EXPECT_EQ(read_all(), std::string(PIPE_BUF, 'x'));
  log.write("next\n");
  EXPECT_EQ(read_all(), "\nlost 1\nnext\n");
}

TEST_F(LogToAPipe, OneWhoseReaderIsGoneEndsNobody) {
  LogOutput log(writer.get(), notice);
  reader.close();
  log.write("one\n");
  EXPECT_EQ(log.lost(), 1U);
}

TEST(LogToASocket, AFullOneTakesNoLineAndNobodyWaits) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Descriptor reader(ends[0]);
  const Descriptor writer(ends[1]);
  LogOutput log(writer.get(), notice);
  const std::string line = std::string(1000, 'x') + "\n";
  for (int i = 0; i < 10'000 && log.lost() == 0; ++i) log.write(line);
  EXPECT_EQ(log.lost(), 1U);
}

TEST(LogToAFile, TakesLinesOfAnyLength) {
  std::string path = testing::TempDir() + "muster-log-XXXXXX";
  const Descriptor file(mkstemp(path.data()));
  ASSERT_TRUE(file.valid());
  unlink(path.c_str());
  LogOutput log(file.get(), notice);
  const std::string line = std::string(100'000, 'x') + "\n";
  log.write(line);
  std::string found(line.size(), ' ');
  EXPECT_EQ(pread(file.get(), found.data(), found.size(), 0), static_cast<ssize_t>(line.size()));
  EXPECT_EQ(found, line);
  EXPECT_EQ(log.lost(), 0U);
}

}  // namespace
}  // namespace aio
