// Logs of a container, through a real API server to the kubelet's own reader of logs.
#include "kube/logs.h"

#include <fmt/format.h>

#include "node.h"

namespace kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LogsTest : public NodeTest {
 protected:
  /// As a container runtime writes it, in the second `at` of an hour.
  void wrote(const std::string& file, int at, const std::string& text) const {
    std::ofstream(file_path(file), std::ios::app) << fmt::format(
        "2026-11-21T04:{:02}:{:02}.000000001Z stdout F {}\n", at / 60, at % 60, text);
  }
  base::Result<LogText> read(LogQuery query, std::size_t bytes_max = 10'000) {
    if (query.container.empty()) query.container = "main";
    return aio::run(context, read_log(*client, {space, "web"}, query, bytes_max, {}));
  }
  std::string text(const LogQuery& query) {
    const auto log = read(query);
    return log ? log->text : log.error().message;
  }
};

TEST_F(LogsTest, TheEndTheTimeAndTheContainerBeforeCanBeAskedFor) {
  for (int i = 0; i < 5; ++i) wrote("main.log", i, "line " + std::to_string(i));
  wrote("main.previous.log", 0, "it died");
  EXPECT_EQ(text({}), "line 0\nline 1\nline 2\nline 3\nline 4\n");
  LogQuery query;
  query.tail_lines = 2;
  EXPECT_EQ(text(query), "line 3\nline 4\n");
  query.tail_lines = 0;
  EXPECT_EQ(text(query), "");
  query = {};
  query.since = parse_time("2026-11-21T04:00:03Z").value();
  query.timestamps = true;
  EXPECT_EQ(text(query),
            "2026-11-21T04:00:03.000000001Z line 3\n2026-11-21T04:00:04.000000001Z line 4\n");
  query = {};
  query.previous = true;
  EXPECT_EQ(text(query), "it died\n");
}

TEST_F(LogsTest, TheBytesAreBoundedAndWhatWasCutIsSaid) {
  for (int i = 0; i < 5; ++i) wrote("main.log", i, "line " + std::to_string(i));
  const auto all = read({}, 35);
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_EQ(all->text.size(), 35U);
  EXPECT_FALSE(all->truncated);
  const auto cut = read({}, 10);
  ASSERT_TRUE(cut.has_value()) << cut.error().message;
  EXPECT_EQ(cut->text, "line 0\nlin");
  EXPECT_TRUE(cut->truncated);
}

TEST_F(LogsTest, WhatIsNotThereIsNamed) {
  const auto pod = aio::run(context, read_log(*client, {space, "none"}, {}, 100, {}));
  ASSERT_FALSE(pod.has_value());
  EXPECT_EQ(pod.error().code, base::Code::NotFound);
  EXPECT_THAT(pod.error().message, HasSubstr("log of " + space + "/none"));
  LogQuery other;
  other.container = "none";
  const auto container = read(other);
  ASSERT_FALSE(container.has_value());
  EXPECT_EQ(container.error().code, base::Code::InvalidArgument);
}

TEST_F(LogsTest, IsFollowedLineByLineUntilItIsEnoughOrTheNodeDies) {
  wrote("main.log", 0, "old");
  std::vector<std::string> seen;
  std::optional<base::Result<>> ended;
  std::size_t enough = 3;
  const auto follow = [&] {
    seen.clear();
    ended.reset();
    LogQuery query;
    query.container = "main";
    query.tail_lines = 1;
    asio::co_spawn(context,
                   follow_log(*client, {space, "web"}, query,
                              [&](std::string_view line) {
                                seen.emplace_back(line);
                                return seen.size() < enough;
                              },
                              {}),
                   [&](std::exception_ptr, base::Result<> outcome) { ended = outcome; });
  };
  follow();
  ASSERT_TRUE(until([&] { return seen.size() == 1; }));
  wrote("main.log", 1, "");
  wrote("main.log", 2, "new");
  ASSERT_TRUE(until([&] { return ended.has_value(); }));
  EXPECT_TRUE(ended->has_value()) << ended->error().message;
  EXPECT_THAT(seen, ElementsAre("old", "", "new"));
  enough = 100;
  follow();
  ASSERT_TRUE(until([&] { return seen.size() == 1; }));
  kill_node();
  ASSERT_TRUE(until([&] { return ended.has_value(); }));
}

}  // namespace
}  // namespace kube
