// The name of a database is looked up beside all others, and a look at it may be given up.
#include <optional>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "net/hanging_names.h"
#include "net/host_lookup.h"
#include "probes/pg_connection.h"

namespace probes {
namespace {

TEST(PgLookup, ADatabaseWhoseNameHangsHoldsUpNoOtherName) {
  auto& names = net::HangingNames::all();
  names.hang();
  const int before = names.asked();
  boost::asio::io_context context;
  PgAddress address;
  address.host = "db.hangs.test";
  std::optional<PgConnection> connection(std::in_place, context.get_executor(), address);
  int connected = 0;
  connection->connect([&](PgOutcome<>) { ++connected; });
  names.until_asked(before + 1);
  bool found = false;
  net::HostLookup::begin(
      context.get_executor(), "localhost", 1,
      [&](const boost::system::error_code& error, const auto&) { found = !error; });
  EXPECT_GT(context.run_one(), 0U);
  EXPECT_TRUE(found);
  EXPECT_EQ(connected, 0);
  connection.reset();
  names.let_go();
  EXPECT_EQ(context.run(), 0U) << "nothing is left of it";
}

TEST(PgLookup, ANameThatIsNotKnownIsTold) {
  net::HangingNames::all().let_go();
  boost::asio::io_context context;
  PgAddress address;
  address.host = "db.hangs.test";
  PgConnection connection(context.get_executor(), address);
  std::optional<PgFailure> failure;
  connection.connect([&](PgOutcome<> outcome) {
    if (!outcome) failure = outcome.error();
  });
  context.run();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->cause, drill::Cause::Unreachable);
  EXPECT_NE(failure->message.find("db.hangs.test: "), std::string::npos);
}

}  // namespace
}  // namespace probes
