// Limits what a client may send: who a client is and how much it has sent is asked before anything
// goes to the application. A client on the deny list is answered 403; one that is over a limit 429,
// with Retry-After, RateLimit-Policy and RateLimit.
//
// While nobody counts for all replicas, and that is to be refused (limit_sharing.h), whatever a
// rule counts is answered 503.
//
// A dry run lets all of them in and counts what would have been. Signs of bots are counted and
// decide nothing; each is noted for the log, once for a client.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "limit/bots.h"
#include "limit/limiter.h"
#include "limit/offenders.h"
#include "limit/sharing.h"
#include "sidecar/bot_notes.h"
#include "sidecar/crypto_log.h"
#include "sidecar/figures.h"
#include "sidecar/filter.h"
#include "sidecar/protection.h"

namespace sidecar {

/// What one core's filter counts. Written by its thread, read by any.
struct LimitFigures {
  Count admitted, uncounted;  // uncounted: on the allow list, or nothing limits it
  Count refused_client, refused_fingerprint, denied;
  Count closed;                               // refused because nobody counts for all replicas
  Count dry_refused, dry_denied, dry_closed;  // let in by a dry run
  std::array<Count, limit::kSigns> signs;
  BotNotes bots;    // for the log
  Count bots_seen;  // times that a client had a sign which it had not had before

  /// Whether addresses are kept from now on, of at most as many as offenders are; those that
  /// were kept before go with it.
  void keep_addresses(bool keep);
  void offend(limit::OffenderId who, const limit::Address& address);
  limit::Offenders offenders() const;

 private:
  static constexpr std::size_t kOffenders = 64;
  mutable std::mutex lock_;  // of refusals and scrapes only
  limit::Offenders offenders_{kOffenders};
  bool keeps_addresses_ = false;
};

/// What a filter has to do with, beside the rules.
struct LimitSurroundings {
  LimitFigures& figures;
  CryptoLog& crypto;
  const std::atomic<bool>& closed;            // Shared::limits_closed
  std::shared_ptr<limit::AdmissionLog> told;  // what is let in is noted for others; null: for none
  limit::Sharing sharing = limit::Sharing::Threads;  // whether other threads count as well
};

/// What who is on the deny list is told.
inline constexpr std::string_view kDeniedMessage = "requests from this address are not accepted";

/// Lifetime: protection and surroundings outlive the filter.
std::unique_ptr<Filter> make_limit_filter(Protection& protection, LimitSurroundings around);

/// Of all cores, in the text format 0.0.4. Who is refused most is told by the hash of the client or
/// of the fingerprint whose limit was reached, and by the address that was kept. `table`: null:
/// nothing was limited yet.
std::string limit_exposition(const std::vector<const LimitFigures*>& cores,
                             const limit::Table* table);

}  // namespace sidecar
