// Figures are sent beside everything else: who does not answer holds up nobody.
#include "sidecar/exporter.h"

#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../aio/virtual_clock.h"
#include "../net/hanging_names.h"

namespace sidecar {
namespace {

using boost::asio::ip::udp;
using net::HangingNames;
using testing::HasSubstr;
using testing::StartsWith;

class ToAgent : public testing::Test {
 protected:
  void SetUp() override {
    HangingNames::all().hang();
    listener_.open(udp::v4());
    listener_.bind({boost::asio::ip::address_v4::loopback(), 0});
    listener_.non_blocking(true);
  }
  void TearDown() override { HangingNames::all().let_go(); }

  /// To a name, at which the test listens where it is 127.0.0.1.
  void to(const std::string& host) {
    settings_.dogstatsd = HostPort{host, listener_.local_endpoint().port()};
    auto made = Exporter::create(clock_, context_.get_executor(), settings_,
                                 [] { return "# TYPE depth gauge\ndepth 7\n"; });
    ASSERT_TRUE(made);
    exporter_ = *std::move(made);
  }
  void send_once() {
    ended_ = false;
    boost::asio::co_spawn(context_, exporter_->send_last(), [this](std::exception_ptr bug) {
      EXPECT_FALSE(bug);
      ended_ = true;
    });
    poll();
  }
  void poll() {
    context_.restart();
    while (context_.poll() > 0) {
    }
  }
  /// What is under way in another thread ends.
  void until_ended() {
    context_.restart();
    while (!ended_ && context_.run_one() > 0) {
    }
  }
  std::string heard() {
    std::array<char, 256> bytes;
    boost::system::error_code error;
    const std::size_t count = listener_.receive(boost::asio::buffer(bytes), 0, error);
    return error ? "" : std::string(bytes.data(), count);
  }

  boost::asio::io_context context_;
  aio::VirtualClock clock_;
  ExportSettings settings_;
  udp::socket listener_{context_};
  std::unique_ptr<Exporter> exporter_;
  bool ended_ = false;
};

TEST_F(ToAgent, ANameServerThatDoesNotAnswerHoldsUpNothingAndIsGivenUp) {
  to("agent.hangs.test");
  const int before = HangingNames::all().asked();
  send_once();
  HangingNames::all().until_asked(before + 1);
  poll();
  EXPECT_FALSE(ended_) << "it waits, and lets others run";
  clock_.advance(base::seconds(2));
  until_ended();
  EXPECT_TRUE(ended_);
  EXPECT_THAT(exporter_->exposition(), HasSubstr(R"({to="dogstatsd",result="failed"} 1)"));
}

TEST_F(ToAgent, ANameIsAskedForOnceInAMinute) {
  to("here.hangs.test");
  HangingNames::all().let_go();
  const int before = HangingNames::all().asked();
  for (int times = 0; times < 3; ++times) {
    send_once();
    until_ended();
    EXPECT_THAT(heard(), StartsWith("depth:7|g"));
    clock_.advance(base::seconds(25));
  }
  EXPECT_EQ(HangingNames::all().asked(), before + 1);
  send_once();
  until_ended();
  EXPECT_EQ(HangingNames::all().asked(), before + 2);
}

TEST_F(ToAgent, WhereItsNameIsNotAnsweredAnyMoreItIsWhereItWas) {
  to("here.hangs.test");
  HangingNames::all().let_go();
  send_once();
  until_ended();
  EXPECT_THAT(heard(), StartsWith("depth:7|g"));
  HangingNames::all().hang();
  clock_.advance(base::seconds(61));
  send_once();
  clock_.advance(base::seconds(2));
  until_ended();
  EXPECT_THAT(heard(), StartsWith("depth:7|g"));
  EXPECT_THAT(exporter_->exposition(), HasSubstr(R"({to="dogstatsd",result="sent"} 2)"));
}

}  // namespace
}  // namespace sidecar
