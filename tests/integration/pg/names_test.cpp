// A connection whose host is a name, at a name server of the system's own.
#include "net/names.h"

#include "harness.h"
#include "net/name_server.h"

namespace probes {
namespace {

using testing_postgres::Server;

class PgNames : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Server::start({});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    postgres_.emplace(std::move(*started));
    address_.port = postgres_->port();
    address_.host = "db.example";
    address_.names = *net::Names::create(clock_, names_.address());
  }
  /// What became of one connect; empty: it stands.
  std::string connect() {
    PgConnection connection(context_.get_executor(), address_);
    std::optional<std::string> out;
    connection.connect([&](const PgOutcome<>& connected) {
      out = connected ? ""
                      : std::string(drill::name(connected.error().cause)) +
                            (connected.error().sent ? " sent " : " ") + connected.error().message;
    });
    EXPECT_FALSE(out) << "from inside";
    const base::TimePoint until = aio::now() + base::seconds(10);
    context_.restart();
    while (!out && aio::now() < until) context_.run_one_for(std::chrono::milliseconds(100));
    return out.value_or("no answer");
  }

  std::optional<Server> postgres_;
  aio::SystemClock clock_;
  boost::asio::io_context context_;
  net::ScriptedServer names_{context_};
  PgAddress address_;
};

TEST_F(PgNames, LeadToWhereTheNameServerSaysForAsLongAsItSays) {
  names_.has(0, {0x7F000001});
  EXPECT_EQ(connect(), "");
  EXPECT_EQ(connect(), "");
  EXPECT_EQ(names_.questions.size(), 2U);
  names_.has(600, {0x7F000001});
  EXPECT_EQ(connect(), "");
  EXPECT_EQ(connect(), "");
  EXPECT_EQ(names_.questions.size(), 3U) << "the answer is kept";
}

TEST_F(PgNames, WithoutAnAddressNothingWasSent) {
  names_.script = [](const std::string& question) {
    return std::vector{net::answer(question, {}, 3)};
  };
  EXPECT_EQ(connect(), "Unreachable db.example: the name server knows no such name");
}

TEST_F(PgNames, ClosedDuringTheLookUpItSaysNothing) {
  bool called = false;
  PgConnection connection(context_.get_executor(), address_);
  connection.connect([&](const PgOutcome<>&) { called = true; });
  const base::TimePoint until = aio::now() + base::seconds(10);
  while (names_.questions.empty() && aio::now() < until) {
    context_.run_one_for(std::chrono::milliseconds(100));
  }
  ASSERT_EQ(names_.questions.size(), 1U);
  connection.close();
  names_.has(600, {0x7F000001});
  EXPECT_EQ(connect(), "");
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace probes
