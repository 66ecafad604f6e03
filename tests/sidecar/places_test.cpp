#include "sidecar/places.h"

#include <cerrno>
#include <cstdint>
#include <vector>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

namespace asio = boost::asio;

Places::Endpoint four(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

boost::system::error_code system_error(int value) {
  return {value, boost::system::system_category()};
}

TEST(Places, AreTriedInTurnFromTheOneThatWasGoodLast) {
  Places places(std::vector{four(1), four(2), four(3)});
  EXPECT_EQ(places.good(), 0U);
  EXPECT_EQ(places.after(0), 1U);
  EXPECT_EQ(places.after(2), 0U);
  places.found_good(1);
  EXPECT_EQ(places.at(places.good()), four(2));
  EXPECT_EQ(places.first(), four(1));
}

TEST(Places, OnePlaceComesAfterItself) {
  const Places places(std::vector{four(1)});
  EXPECT_EQ(places.after(0), 0U);
}

TEST(Places, AnotherIsTriedWhereThisOneSaysNothingOfIt) {
  for (const int error : {ECONNREFUSED, EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH, EHOSTUNREACH}) {
    EXPECT_TRUE(means_elsewhere(system_error(error))) << error;
  }
  // No descriptor is left for the next one either, and who was told to stop does not go on.
  for (const int error : {EMFILE, ENFILE, ECANCELED, 0}) {
    EXPECT_FALSE(means_elsewhere(system_error(error))) << error;
  }
}

}  // namespace
}  // namespace sidecar
