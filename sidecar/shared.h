// What all cores share: figures of requests, limits, faults, stored responses. A core has its part
// of each, by its number.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "limit/sharing.h"
#include "sidecar/cache.h"
#include "sidecar/client_slots.h"
#include "sidecar/clients.h"
#include "sidecar/crypto_log.h"
#include "sidecar/faults.h"
#include "sidecar/filter_drill.h"
#include "sidecar/filter_limit.h"
#include "sidecar/protection.h"
#include "sidecar/settings.h"
#include "sidecar/user_places.h"
#include "traffic/exposition.h"
#include "traffic/requests.h"

namespace sidecar {

struct Shared {
  /// `secret`: the key of fingerprints. Errors: InvalidArgument, naming the setting; no memory.
  static base::Result<std::unique_ptr<Shared>> create(const Settings& settings, std::size_t cores,
                                                      const std::string& secret);

  explicit Shared(std::size_t cores) : users(cores) {}

  /// Puts limits and what is known of clients and users in place for the filters that are made from
  /// now on; those that there are keep what they have. Errors: as create(); nothing has changed
  /// then.
  base::Result<> put(const Settings& settings, base::TimePoint now);

  std::unique_ptr<traffic::Endpoints> endpoints;
  std::unique_ptr<traffic::Requests> requests;
  std::shared_ptr<Counters> counters;                 // null: there were no limits yet
  std::shared_ptr<Protection> protection;             // null: no limits
  std::vector<std::unique_ptr<LimitFigures>> limits;  // by core
  Faults faults;
  std::vector<std::unique_ptr<FaultFigures>> fault_figures;  // by core
  std::vector<std::unique_ptr<CoreFaults>> core_faults;      // by core
  std::string secret;                                        // of fingerprints
  /// Under which drills sign. Set before any core begins; none: there are only clients.
  std::optional<crypto::DrillKey> drill_key;
  std::vector<std::unique_ptr<DrillFigures>> drill_figures;  // by core
  std::shared_ptr<const Clients> clients;
  std::unique_ptr<ClientSlots> slots;   // null: as many at once as a client wants
  std::optional<UserNames> user_names;  // nothing: users are not watched
  UserPlaces users;
  /// Where the sidecar's own pages are that it serves among the application's. Set before any core
  /// begins; none: there are none.
  std::optional<boost::asio::ip::tcp::endpoint> own_service;
  bool shares_limits = false;  // with other replicas
  /// What is told them, by core; none: nothing is. They are made with the rules, whose numbers
  /// they hold.
  std::vector<std::shared_ptr<limit::AdmissionLog>> admissions;
  /// Nobody counts for all replicas, and what limits are to hold for all is refused.
  std::atomic<bool> limits_closed{false};
  std::vector<std::unique_ptr<CryptoLog>> crypto;  // by core
  std::unique_ptr<Cache> cache;                    // null: off

 private:
  base::Result<> protect(const ProtectionSettings& settings);
  base::Result<> watch_users(const UserSettings& settings, base::TimePoint now);
};

/// A core's place in it.
struct Seat {
  Shared& shared;
  std::size_t core = 0;
};

}  // namespace sidecar
