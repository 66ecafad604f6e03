#include "net/dial.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

class DialTest : public testing::Test {
 protected:
  static Address address_of(const tcp::acceptor& acceptor) {
    return {"127.0.0.1", acceptor.local_endpoint().port()};
  }
  tcp::acceptor listen() { return {context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)}; }
  base::Result<std::vector<DialOutcome>> dial_all(std::vector<Address> addresses,
                                                  std::stop_token stop = {}) {
    return aio::run(context, dial(clock, std::move(addresses), base::millis(300), std::move(stop)));
  }

  asio::io_context context;
  aio::SystemClock clock;
};

TEST_F(DialTest, TellsOfEachWhetherItWasTakenInTheOrderAsked) {
  tcp::acceptor open = listen();
  tcp::acceptor closed = listen();
  const Address nobody = address_of(closed);
  closed.close();
  const auto outcomes = dial_all({nobody, address_of(open)});
  ASSERT_TRUE(outcomes.has_value());
  ASSERT_EQ(outcomes->size(), 2U);
  EXPECT_FALSE((*outcomes)[0].taken);
  EXPECT_THAT((*outcomes)[0].detail, HasSubstr("refused"));
  EXPECT_TRUE((*outcomes)[1].taken);
}

TEST_F(DialTest, WhoSaysNothingInTimeHasNoAnswer) {
  tcp::acceptor full(context);
  full.open(tcp::v4());
  full.bind({asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  // With its queue full a listener on Linux drops what asks for a connection.
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.emplace_back(context);
    waiting.back().async_connect(full.local_endpoint(), [](const boost::system::error_code&) {});
  }
  const auto outcomes = dial_all({address_of(full)});
  ASSERT_TRUE(outcomes.has_value());
  EXPECT_FALSE(outcomes->front().taken);
  EXPECT_EQ(outcomes->front().detail, "no answer");
}

TEST_F(DialTest, NobodyIsAskedWhereThereIsNobody) {
  const auto outcomes = dial_all({});
  ASSERT_TRUE(outcomes.has_value());
  EXPECT_TRUE(outcomes->empty());
}

TEST_F(DialTest, IsGivenUpWhenItIsToldTo) {
  tcp::acceptor open = listen();
  std::stop_source stop;
  stop.request_stop();
  const auto outcomes = dial_all({address_of(open)}, stop.get_token());
  ASSERT_FALSE(outcomes.has_value());
  EXPECT_EQ(outcomes.error().code, base::Code::Cancelled);
}

}  // namespace
}  // namespace net
