// Who the client of a request is, and whose requests are nobody's in particular: those of drills,
// and as a configuration says: which proxies are believed, who is denied or has no limits, which
// paths have none. It goes with a Setup, so that a new configuration reaches every filter that
// asks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "limit/address.h"
#include "limit/client.h"
#include "sidecar/exchange.h"
#include "sidecar/notes.h"
#include "sidecar/protection.h"

namespace sidecar {

/// Thread: any number at once.
class Clients {
 public:
  /// Errors: InvalidArgument, naming the proxy that is none.
  static base::Result<std::shared_ptr<const Clients>> create(const ProtectionSettings& settings);

  limit::Address address(const Exchange& exchange) const;
  /// What is counted as one client: an IPv4 address, or the /64 of an IPv6 address.
  limit::Address of(const Exchange& exchange) const { return limit::bucket_of(address(exchange)); }
  /// No limit holds for it.
  bool is_exempt(const Exchange& exchange) const {
    return exchange.notes[kDrillNote] != 0 || matches_any(unlimited_, exchange.request.target);
  }

  bool is_allowed(const limit::Address& client) const { return allow_.contains(client); }
  bool is_denied(const limit::Address& client) const { return deny_.contains(client); }
  bool denies() const { return !deny_.empty(); }
  /// All are let in, and what would have been refused is counted.
  bool dry_run() const { return dry_run_; }

 private:
  Clients(limit::PrefixSet trusted, limit::PrefixSet allow, limit::PrefixSet deny,
          const ProtectionSettings& settings);

  limit::PrefixSet trusted_, allow_, deny_;
  std::vector<std::string> unlimited_;
  bool dry_run_ = false;
};

}  // namespace sidecar
