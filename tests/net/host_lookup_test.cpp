#include "net/host_lookup.h"

#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hanging_names.h"

namespace net {
namespace {

using boost::system::error_code;

class HostLookupTest : public testing::Test {
 protected:
  void SetUp() override { HangingNames::all().hang(); }
  void TearDown() override { HangingNames::all().let_go(); }

  struct Told {
    int count = 0;
    error_code error;
    HostLookup::Endpoints found;
  };
  std::shared_ptr<HostLookup> begin(const std::string& host, Told& told) {
    return HostLookup::begin(context->get_executor(), host, 7,
                             [&told](const error_code& error, const HostLookup::Endpoints& found) {
                               ++told.count;
                               told.error = error;
                               told.found = found;
                             });
  }
  void run_until(const Told& told) {
    while (told.count == 0 && context->run_one() > 0) {
    }
  }

  std::optional<boost::asio::io_context> context{std::in_place};
};

TEST_F(HostLookupTest, ANameThatHangsHoldsUpNoOther) {
  Told hanging, here, nowhere;
  begin("db.hangs.test", hanging);
  begin("localhost", here);
  run_until(here);
  EXPECT_FALSE(here.error) << here.error.message();
  ASSERT_FALSE(here.found.empty());
  EXPECT_TRUE(here.found.front().address().is_loopback());
  EXPECT_EQ(here.found.front().port(), 7);
  begin("no such host", nowhere);
  run_until(nowhere);
  EXPECT_TRUE(nowhere.error);
  EXPECT_EQ(hanging.count, 0);
  HangingNames::all().let_go();
  run_until(hanging);
  EXPECT_EQ(hanging.count, 1);
  EXPECT_TRUE(hanging.error);
}

TEST_F(HostLookupTest, WhoAsksForANameThatIsLookedUpSharesItsAnswer) {
  const int before = HangingNames::all().asked();
  Told first, second;
  begin("shared.hangs.test", first);
  begin("shared.hangs.test", second);
  HangingNames::all().until_asked(before + 1);
  HangingNames::all().let_go();
  run_until(first);
  run_until(second);
  EXPECT_EQ(first.count + second.count, 2);
  EXPECT_EQ(HangingNames::all().asked(), before + 1);
}

TEST_F(HostLookupTest, WhoGaveUpIsNotTold) {
  Told given_up, other;
  begin("gone.hangs.test", given_up)->cancel();
  begin("gone.hangs.test", other);
  HangingNames::all().let_go();
  run_until(other);
  EXPECT_EQ(given_up.count, 0);
}

TEST_F(HostLookupTest, WhatHangsKeepsNothingOfAContextThatIsGone) {
  const auto kept = std::make_shared<int>(1);
  const int before = HangingNames::all().asked();
  HostLookup::begin(context->get_executor(), "late.hangs.test", 7,
                    [kept](const error_code&, const HostLookup::Endpoints&) { FAIL(); });
  HangingNames::all().until_asked(before + 1);
  EXPECT_EQ(kept.use_count(), 2);
  context.reset();
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace net
