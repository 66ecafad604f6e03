// Host names as a drilled system's own name server knows them, never as this machine's resolver
// does. What it answered is kept for the time that the record allows, as the resolver of a client
// keeps it: that is why a client goes on to the old site after a switch of names, and a probe that
// asked anew each time would not see it. Zero is kept not at all, and neither is a failure, so that
// each operation that meets one has asked for itself.
// A lookup is a part of the operation that needs it: one question, and a second one, for IPv6,
// where the name has no address of IPv4; no retry, no time limit here. "localhost" is this machine
// and is not asked for (RFC 6761).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include "aio/clock.h"
#include "net/name_query.h"

namespace net {

/// Of a lookup that found nothing.
boost::system::error_code error_of(NameOutcome outcome);
/// The category of those.
const boost::system::error_category& name_errors();

/// "127.0.0.1:53". Errors: InvalidArgument for a host that is no number.
base::Result<boost::asio::ip::udp::endpoint> name_server(const std::string& text);

class Names : public std::enable_shared_from_this<Names> {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;
  using Found = std::function<void(const boost::system::error_code&, const Addresses&)>;

  /// Lifetime: the clock outlives it. Errors: see name_server().
  static base::Result<std::shared_ptr<Names>> create(const aio::Clock& clock,
                                                     const std::string& server);
  Names(const aio::Clock& clock, const boost::asio::ip::udp::endpoint& server)
      : clock_(clock), server_(server) {}

  /// What is known without asking. Thread: any.
  std::optional<Addresses> known(const std::string& name) const;
  /// Asks the name server. `found` is called once, on the executor, never from inside, and not
  /// after NameQuery::cancel(). Thread: any.
  std::shared_ptr<NameQuery> look_up(const aio::Executor& executor, const std::string& name,
                                     Found found);
  /// From now on the name is where this says, and no name server is asked for it: for names that
  /// somebody else follows. No addresses: nobody has it, and a lookup finds none. Thread: any.
  void tell(const std::string& name, Addresses addresses);

 private:
  struct Kept {
    Addresses addresses;
    base::TimePoint until{};
  };
  void keep(const std::string& name, const Addresses& addresses, std::uint32_t ttl);
  void take(const std::string& name, const NameReply& reply, const Found& found);

  const aio::Clock& clock_;
  boost::asio::ip::udp::endpoint server_;
  mutable std::mutex mutex_;
  bool told(const std::string& key) const;
  std::map<std::string, Kept> kept_;       // guarded by mutex_
  std::map<std::string, Addresses> told_;  // guarded by mutex_
};

}  // namespace net
