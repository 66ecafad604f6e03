#include "sidecar/filter_drill.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http1/forward.h"
#include "sidecar/client_slots.h"
#include "sidecar/clients.h"
#include "sidecar/filter_concurrency.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Not;

constexpr base::WallTime kNow{base::seconds(1'700'000'000)};

crypto::DrillKey key() {
  return crypto::DrillKey::from("a key of this test, 32 bytes long").value();
}

std::string line(base::WallTime then = kNow, const char* target = "/a") {
  return "Muster-Drill: " + key().sign("failover-17", "GET", target, then) + "\r\n";
}

/// An exchange through the filter, as the proxy does it.
class DrillFilterTest : public testing::Test {
 protected:
  /// What goes to the application, without the empty line.
  std::string pass(const std::string& lines) {
    exchange_.clear();
    exchange_.client = &client_;
    text_ = "GET /a HTTP/1.1\r\nHost: shop\r\n" + lines + "\r\n";
    http1::Progress progress;
    http1::Refusal refusal;
    EXPECT_EQ(http1::parse_request(text_, {}, progress, exchange_.request, refusal),
              http1::Parse::Done);
    EXPECT_EQ(filter_->on_request(exchange_, {}), Verdict::Forward);
    http1::Pieces pieces;
    http1::forward_request(exchange_.request, pieces);
    std::string out;
    for (std::size_t i = 0; i < pieces.count; ++i) out += pieces.at[i];
    return out + std::string(exchange_.to_upstream.lines());
  }
  bool is_drill() const { return exchange_.notes[kDrillNote] == 1; }
  std::uint64_t counted(crypto::DrillSign sign) const {
    return figures_->signs[static_cast<std::size_t>(sign)].get();
  }

  Client client_{.address = "10.0.0.7"};
  Exchange exchange_;
  std::vector<std::unique_ptr<DrillFigures>> all_ = [] {
    std::vector<std::unique_ptr<DrillFigures>> out;
    out.push_back(std::make_unique<DrillFigures>());
    return out;
  }();
  DrillFigures* figures_ = all_.front().get();
  std::unique_ptr<Filter> filter_ = make_drill_filter(key(), *figures_, [] { return kNow; });
  std::string text_;
};

TEST_F(DrillFilterTest, ASignedRequestIsADrillsAndItsFieldGoesNoFurther) {
  const std::string sent = pass("A: b\r\n" + line() + "C: d\r\n");
  EXPECT_TRUE(is_drill());
  EXPECT_THAT(sent, Eq("GET /a HTTP/1.1\r\nHost: shop\r\nA: b\r\nC: d\r\n"));
  EXPECT_EQ(counted(crypto::DrillSign::Good), 1U);
}

TEST_F(DrillFilterTest, WithoutAFieldNothingChanges) {
  EXPECT_THAT(pass("A: b\r\n"), Eq("GET /a HTTP/1.1\r\nHost: shop\r\nA: b\r\n"));
  EXPECT_FALSE(is_drill());
  EXPECT_THAT(drill_exposition(all_), Not(HasSubstr("\"} 1")));
}

TEST_F(DrillFilterTest, WhatIsNotRightIsAnyRequestAndCounted) {
  for (const std::string& lines :
       {line(kNow - base::seconds(61)), line(kNow + base::seconds(61)), line(kNow, "/b"),
        std::string("muster-drill: v1\r\n"), line() + line(), line() + "Muster-Drill: \r\n"}) {
    EXPECT_THAT(pass(lines), Eq("GET /a HTTP/1.1\r\nHost: shop\r\n")) << lines;
    EXPECT_FALSE(is_drill()) << lines;
  }
  EXPECT_EQ(counted(crypto::DrillSign::Good), 0U);
  const std::string figures = drill_exposition(all_);
  EXPECT_THAT(figures, HasSubstr("{signature=\"untimely\"} 2\n"));
  EXPECT_THAT(figures, HasSubstr("{signature=\"wrong\"} 1\n"));
  EXPECT_THAT(figures, HasSubstr("{signature=\"malformed\"} 3\n"));
}

TEST(Exempt, ADrillsRequestTakesNoPlaceOfAClient) {
  const auto clients = Clients::create({}).value();
  const auto slots = ClientSlots::create(1, {.first = 1, .second = 2}).value();
  const auto filter = make_concurrency_filter(*slots, clients);
  Client client{.address = "10.0.0.7"};
  const auto asks = [&](bool drill, Exchange& exchange) {
    exchange.client = &client;
    exchange.request.target = "/";
    exchange.notes[kDrillNote] = drill ? 1 : 0;
    return filter->on_request(exchange, {});
  };
  std::vector<Exchange> exchanges(4);
  EXPECT_EQ(asks(true, exchanges[0]), Verdict::Forward);
  EXPECT_EQ(asks(false, exchanges[1]), Verdict::Forward) << "the drill's has not taken it";
  EXPECT_EQ(asks(false, exchanges[2]), Verdict::Answer);
  EXPECT_EQ(asks(true, exchanges[3]), Verdict::Forward);
}

}  // namespace
}  // namespace sidecar
