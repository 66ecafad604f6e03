// Who the client of a request is, and whose requests are nobody's in particular: those of drills,
// and as a configuration says: which proxies are believed, which paths are not limited. It goes
// with a Setup, so that a new configuration reaches every filter that asks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "limit/address.h"
#include "sidecar/exchange.h"
#include "sidecar/notes.h"
#include "sidecar/protection.h"

namespace sidecar {

/// Thread: any number at once.
class Clients {
 public:
  /// Errors: InvalidArgument, naming the proxy that is none.
  static base::Result<std::shared_ptr<const Clients>> create(const ProtectionSettings& settings);

  /// What is counted as one client: an IPv4 address, or the /64 of an IPv6 address.
  limit::Address of(const Exchange& exchange) const;
  /// No limit holds for it.
  bool is_exempt(const Exchange& exchange) const {
    return exchange.notes[kDrillNote] != 0 || matches_any(unlimited_, exchange.request.target);
  }

 private:
  Clients(limit::PrefixSet trusted, std::vector<std::string> unlimited);

  limit::PrefixSet trusted_;
  std::vector<std::string> unlimited_;
};

}  // namespace sidecar
