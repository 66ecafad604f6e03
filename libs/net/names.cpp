#include "net/names.h"

#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "net/connection.h"

namespace net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
// What a program resolves while it runs; a table that is full forgets what has expired.
constexpr std::size_t kKeptMax = 1024;

class NameErrors final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "names"; }
  std::string message(int value) const override {
    switch (static_cast<NameOutcome>(value)) {
      case NameOutcome::Found: return "found";
      case NameOutcome::NoSuchName: return "the name server knows no such name";
      case NameOutcome::NoAddress: return "the name has no address";
      case NameOutcome::ServerFailed: return "the name server failed";
      case NameOutcome::Denied: return "the name server refused to answer";
      case NameOutcome::Broken: return "the name server's answer makes no sense";
      case NameOutcome::NobodyListens: return "no name server listens there";
      case NameOutcome::NoRoute: return "the name server cannot be reached";
      case NameOutcome::NotAName: return "not a host name";
    }
    return "unknown";
  }
};

/// How a name is kept: a name server does not tell Shop.example. from shop.example.
std::string key_of(std::string name) {
  if (!name.empty() && name.back() == '.') name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}
}  // namespace

const boost::system::error_category& name_errors() {
  static const NameErrors kErrors;
  return kErrors;
}

error_code error_of(NameOutcome outcome) {
  return {static_cast<int>(outcome), name_errors()};
}

base::Result<asio::ip::udp::endpoint> name_server(const std::string& text) {
  TRY(const Address address, Address::parse(text));
  error_code error;
  const auto number = asio::ip::make_address(address.host, error);
  if (error) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("name server '{}': '{}' is no IP address; a name server is given by number",
                    text, address.host));
  }
  return asio::ip::udp::endpoint(number, address.port);
}

base::Result<std::shared_ptr<Names>> Names::create(const aio::Clock& clock,
                                                   const std::string& server) {
  TRY(const auto endpoint, name_server(server));
  return std::make_shared<Names>(clock, endpoint);
}

std::optional<Names::Addresses> Names::known(const std::string& name) const {
  const std::string key = key_of(name);
  if (key == "localhost" || key.ends_with(".localhost")) {
    return Addresses{asio::ip::address(asio::ip::address_v4::loopback())};
  }
  const std::scoped_lock hold(mutex_);
  if (const auto told = told_.find(key); told != told_.end()) {
    if (told->second.empty()) return std::nullopt;
    return told->second;
  }
  const auto found = kept_.find(key);
  if (found == kept_.end() || clock_.now() >= found->second.until) return std::nullopt;
  return found->second.addresses;
}

void Names::tell(const std::string& name, Addresses addresses) {
  const std::scoped_lock hold(mutex_);
  told_[key_of(name)] = std::move(addresses);
}

bool Names::told(const std::string& key) const {
  const std::scoped_lock hold(mutex_);
  return told_.contains(key);
}

void Names::keep(const std::string& name, const Addresses& addresses, std::uint32_t ttl) {
  const base::TimePoint now = clock_.now();
  const std::scoped_lock hold(mutex_);
  if (ttl == 0) {
    kept_.erase(key_of(name));
    return;
  }
  if (kept_.size() >= kKeptMax) {
    std::erase_if(kept_, [now](const auto& one) { return now >= one.second.until; });
  }
  if (kept_.size() < kKeptMax) kept_[key_of(name)] = {addresses, now + base::seconds(ttl)};
}

std::shared_ptr<NameQuery> Names::look_up(const aio::Executor& executor, const std::string& name,
                                          Found found) {
  auto query = std::make_shared<NameQuery>(executor, server_, name);
  if (told(key_of(name))) {
    query->answer(
        {NameOutcome::NoAddress, {}, 0},
        [found = std::move(found)](const NameReply& none) { found(error_of(none.outcome), {}); });
    return query;
  }
  // The query keeps what it is given here, and calls it: a plain pointer to it will do.
  query->ask([self = shared_from_this(), again = query.get(), name,
              found = std::move(found)](const NameReply& reply) {
    if (reply.outcome != NameOutcome::NoAddress) return self->take(name, reply, found);
    again->ask([self, name, found](const NameReply& six) { self->take(name, six, found); },
               NameRecord::Aaaa);
  });
  return query;
}

void Names::take(const std::string& name, const NameReply& reply, const Found& found) {
  Addresses addresses;
  for (const std::uint32_t number : reply.addresses) {
    addresses.emplace_back(asio::ip::address_v4(number));
  }
  for (const auto& bytes : reply.addresses6) addresses.emplace_back(asio::ip::address_v6(bytes));
  if (reply.outcome == NameOutcome::Found) {
    keep(name, addresses, reply.ttl);
    found({}, addresses);
  } else {
    found(error_of(reply.outcome), addresses);
  }
}

}  // namespace net
