// Where somebody is reached: one address, or several of which any will do, as `localhost` is in
// both families and a name may have many addresses. They are tried in turn, beginning with the one
// that took a connection last, so that an application which listens at one of them only costs a
// refused attempt once and not with every connection.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace sidecar {

class Places {
 public:
  using Endpoint = boost::asio::ip::tcp::endpoint;

  /// One or more.
  explicit Places(std::vector<Endpoint> all) : all_(std::move(all)) {}

  std::size_t size() const { return all_.size(); }
  /// The first that was named, whichever takes connections.
  const Endpoint& first() const { return all_.front(); }
  /// Which was good last.
  std::size_t good() const { return good_; }
  void found_good(std::size_t at) { good_ = at; }
  const Endpoint& at(std::size_t at) const { return all_[at]; }
  std::size_t after(std::size_t at) const { return at + 1 < all_.size() ? at + 1 : 0; }

 private:
  std::vector<Endpoint> all_;
  std::size_t good_ = 0;
};

/// Whether an attempt that ended so says nothing of the other places: nobody listens there, there
/// is no way to it, this machine does not have that family.
bool means_elsewhere(const boost::system::error_code& error);

}  // namespace sidecar
