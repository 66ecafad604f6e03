#include "sidecar/client_slots.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "sidecar/notes.h"

namespace sidecar {
namespace {

constexpr std::size_t kPlaces = 65'536;  // clients with a request under way

}  // namespace

base::Result<std::unique_ptr<ClientSlots>> ClientSlots::create(std::uint32_t running_max,
                                                               limit::SipKey key) {
  TRY(MappedWords words, MappedWords::map(kPlaces));
  return std::unique_ptr<ClientSlots>(new ClientSlots(running_max, key, std::move(words)));
}

ClientSlots::ClientSlots(std::uint32_t running_max, limit::SipKey key, MappedWords words)
    : key_(key),
      words_(std::move(words)),
      concurrency_(words_.words(), {.running_max = running_max, .waiting_max = 0}) {}

bool ClientSlots::begin(Exchange& exchange, const limit::Address& client, bool dry_run) {
  const std::array<std::uint64_t, 2> words{client.high, client.low};
  const limit::Ticket ticket = concurrency_.begin(limit::sip_hash(key_, words));
  if (ticket.turn == limit::Turn::Admit) {
    exchange.notes[kConcurrencyNote] = std::uint64_t{ticket.place} + 1;
    return true;
  }
  (dry_run ? dry_refused_ : refused_).fetch_add(1, std::memory_order_relaxed);
  return dry_run;
}

void ClientSlots::end(const Exchange& exchange) {
  const std::uint64_t note = exchange.notes[kConcurrencyNote];
  if (note == 0) return;
  static_cast<void>(concurrency_.end({limit::Turn::Admit, static_cast<std::uint32_t>(note - 1)}));
}

std::string ClientSlots::exposition() const {
  return fmt::format(
      "# HELP muster_sidecar_concurrency_refused_total Requests of clients with too many at once.\n"
      "# TYPE muster_sidecar_concurrency_refused_total counter\n"
      "muster_sidecar_concurrency_refused_total {}\n"
      "# HELP muster_sidecar_concurrency_dry_refused_total The same, let in by a dry run.\n"
      "# TYPE muster_sidecar_concurrency_dry_refused_total counter\n"
      "muster_sidecar_concurrency_dry_refused_total {}\n"
      "# HELP muster_sidecar_concurrency_uncounted_total Requests for which there was no place.\n"
      "# TYPE muster_sidecar_concurrency_uncounted_total counter\n"
      "muster_sidecar_concurrency_uncounted_total {}\n"
      "# HELP muster_sidecar_concurrency_clients Clients with a request under way.\n"
      "# TYPE muster_sidecar_concurrency_clients gauge\n"
      "muster_sidecar_concurrency_clients {}\n",
      refused_.load(std::memory_order_relaxed), dry_refused_.load(std::memory_order_relaxed),
      concurrency_.uncounted(), concurrency_.users());
}

}  // namespace sidecar
