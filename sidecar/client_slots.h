// How many requests of one client may be under way at once, counted for all cores together. Nothing
// waits here: who is over is told to come back. Memory is a word for each client that has a request
// under way, in one mapping of fixed size.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "limit/address.h"
#include "limit/concurrency.h"
#include "limit/sip_hash.h"
#include "sidecar/exchange.h"
#include "sidecar/protection.h"

namespace sidecar {

/// Thread: any number at once.
class ClientSlots {
 public:
  /// `key`: secret, so that nobody can choose addresses that share a place. Errors: no memory.
  static base::Result<std::unique_ptr<ClientSlots>> create(std::uint32_t running_max,
                                                           limit::SipKey key);

  /// A place for the request; false: its client has as many under way as it may have. In a dry run
  /// it goes on without a place then.
  bool begin(Exchange& exchange, const limit::Address& client, bool dry_run = false);
  /// It is over.
  void end(const Exchange& exchange);
  /// In the text format 0.0.4.
  std::string exposition() const;

 private:
  ClientSlots(std::uint32_t running_max, limit::SipKey key, MappedWords words);

  limit::SipKey key_;
  MappedWords words_;
  limit::Concurrency concurrency_;
  std::atomic<std::uint64_t> refused_{0}, dry_refused_{0};
};

}  // namespace sidecar
