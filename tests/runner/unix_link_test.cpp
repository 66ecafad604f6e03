// A link over a Unix socket, and the relay that carries a command's input and output to one.
#include "runner/unix_link.h"

#include <filesystem>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "aio/task_group.h"

namespace runner {
namespace {

using testing::HasSubstr;

/// Says every line again.
aio::Task<> echo(Link& link, std::stop_token stop) {
  LinkLines lines(link, 100);
  while (true) {
    const auto line = co_await lines.next(stop);
    if (!line || *line == "end") co_return;
    if (!co_await link.write(*line + "!\n", stop)) co_return;
  }
}

class UnixLinkTest : public testing::Test {
 protected:
  UnixLinkTest() {
    EXPECT_TRUE(aio::make_dirs(folder).has_value());
    serving.spawn(serve_unix(path, echo, serving.token()));
  }
  ~UnixLinkTest() override {
    serving.cancel();
    static_cast<void>(run(joined()));
    EXPECT_FALSE(aio::file_exists(path));
    static_cast<void>(aio::remove_tree(folder));
  }
  aio::Task<base::Result<bool>> joined() {
    static_cast<void>(co_await serving.join());
    co_return true;
  }
  template <class T>
  base::Result<T> run(aio::Task<base::Result<T>> task) {
    return aio::run(context, std::move(task));
  }
  static aio::Task<base::Result<std::string>> say(Link& link, std::string text) {
    CO_TRY(co_await link.write(std::move(text), {}));
    LinkLines lines(link, 100);
    co_return co_await lines.next({});
  }

  boost::asio::io_context context;
  aio::TaskGroup serving{context.get_executor()};
  std::string folder = testing::TempDir() + "muster-link-" + std::to_string(::getpid());
  std::string path = folder + "/socket";
};

TEST_F(UnixLinkTest, CarriesLinesBothWays) {
  auto link = run(connect_unix(path, {}));
  ASSERT_TRUE(link.has_value()) << link.error().message;
  EXPECT_EQ(run(say(**link, "hello\n")).value_or(""), "hello!");
  EXPECT_EQ(run(say(**link, "and again\n")).value_or(""), "and again!");
}

TEST_F(UnixLinkTest, NobodyElseMayOpenIt) {
  ASSERT_TRUE(run(connect_unix(path, {})).has_value());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(UnixLinkTest, ANewerConnectionEndsTheOneBefore) {
  auto first = run(connect_unix(path, {}));
  EXPECT_EQ(run(say(**first, "a\n")).value_or(""), "a!");
  auto newer = run(connect_unix(path, {}));
  EXPECT_EQ(run(say(**newer, "b\n")).value_or(""), "b!");
  EXPECT_FALSE(run(say(**first, "c\n")).has_value());
}

TEST_F(UnixLinkTest, ALineThatDoesNotEndIsGivenUp) {
  auto link = run(connect_unix(path, {}));
  const auto answer = run(say(**link, std::string(200, 'x')));
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().message, HasSubstr("ended"));
}

TEST_F(UnixLinkTest, WhereNobodyListensItSaysSo) {
  const auto link = run(connect_unix(folder + "/none", {}));
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, base::Code::Unavailable);
  EXPECT_EQ(run(connect_unix("/" + std::string(200, 'x'), {})).error().code,
            base::Code::InvalidArgument);
}

class RelayTest : public UnixLinkTest {
 protected:
  RelayTest() {
    EXPECT_EQ(::pipe(in), 0);
    EXPECT_EQ(::pipe(out), 0);
    relaying.spawn(relay_unix(path, in[0], out[1], relaying.token()));
  }
  ~RelayTest() override {
    for (const int each : {in[0], in[1], out[0], out[1]}) ::close(each);
  }
  /// Until the relay has ended.
  aio::Task<base::Result<bool>> ended() {
    CO_TRY(co_await relaying.join());
    co_return true;
  }
  void write(const std::string& text) {
    ASSERT_EQ(::write(in[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string read() {
    std::string text(100, '\0');
    for (int i = 0; i < 200; ++i) {
      context.restart();
      context.run_for(std::chrono::milliseconds(10));
      pollfd ready{out[0], POLLIN, 0};
      if (::poll(&ready, 1, 0) == 1) break;
    }
    const ssize_t size = ::read(out[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

  int in[2] = {-1, -1}, out[2] = {-1, -1};
  aio::TaskGroup relaying{context.get_executor()};
};

TEST_F(RelayTest, CarriesInputToTheSocketAndItsAnswersToTheOutput) {
  write("hello\n");
  EXPECT_EQ(read(), "hello!\n");
  write("again\n");
  EXPECT_EQ(read(), "again!\n");
  ::close(in[1]);
  in[1] = ::dup(out[0]);
  EXPECT_TRUE(run(ended()).has_value()) << "with its input it ends";
}

TEST_F(RelayTest, EndsWhenTheOtherSideDoes) {
  write("end\n");
  EXPECT_TRUE(run(ended()).has_value());
}

TEST_F(UnixLinkTest, ARelayToNobodySaysSo) {
  serving.cancel();
  ASSERT_TRUE(run(joined()).has_value());
  aio::TaskGroup relaying{context.get_executor()};
  relaying.spawn(relay_unix(path, 0, 1, {}));
  const base::Result<> done = aio::run(context, relaying.join());
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, base::Code::Unavailable);
}

}  // namespace
}  // namespace runner
