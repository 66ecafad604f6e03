#include "sidecar/places.h"

#include <boost/asio/error.hpp>

namespace sidecar {

bool means_elsewhere(const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  return error == boost::asio::error::connection_refused ||
         error == boost::asio::error::network_unreachable ||
         error == boost::asio::error::host_unreachable || error == boost::asio::error::timed_out ||
         error == boost::asio::error::address_family_not_supported ||
         error == errc::make_error_condition(errc::address_not_available);
}

}  // namespace sidecar
