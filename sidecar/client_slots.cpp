#include "sidecar/client_slots.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "limit/client.h"
#include "limit/pattern.h"
#include "sidecar/client_address.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

constexpr std::size_t kPlaces = 65'536;   // clients with a request under way
constexpr std::size_t kForwardedMax = 8;  // fields, each of which may be a list
constexpr std::size_t kPathMax = 4096;

bool is_unlimited(const std::vector<std::string>& patterns, std::string_view target) {
  if (patterns.empty()) return false;
  std::array<char, kPathMax> room;
  const auto path = limit::plain_path(target, room);
  if (!path) return false;
  for (const std::string& pattern : patterns) {
    if (limit::matches(pattern, *path)) return true;
  }
  return false;
}

}  // namespace

base::Result<std::unique_ptr<ClientSlots>> ClientSlots::create(
    std::uint32_t running_max, const std::vector<std::string>& trusted_proxies,
    std::vector<std::string> unlimited, limit::SipKey key) {
  TRY(limit::PrefixSet trusted, limit::parse_prefixes(trusted_proxies));
  TRY(MappedWords words, MappedWords::map(kPlaces));
  return std::unique_ptr<ClientSlots>(new ClientSlots(running_max, std::move(trusted),
                                                      std::move(unlimited), key, std::move(words)));
}

ClientSlots::ClientSlots(std::uint32_t running_max, limit::PrefixSet trusted,
                         std::vector<std::string> unlimited, limit::SipKey key, MappedWords words)
    : trusted_(std::move(trusted)),
      unlimited_(std::move(unlimited)),
      key_(key),
      words_(std::move(words)),
      concurrency_(words_.words(), {.running_max = running_max, .waiting_max = 0}) {}

std::uint64_t ClientSlots::key_of(const Exchange& exchange) const {
  std::array<std::string_view, kForwardedMax> forwarded;
  std::size_t count = 0;
  if (!trusted_.empty()) {
    const http1::RequestHead& head = exchange.request;
    for (const auto* field = http1::find(head, "x-forwarded-for");
         field != nullptr && count < kForwardedMax;
         field = http1::find(head, "x-forwarded-for", field)) {
      forwarded[count++] = field->value;
    }
  }
  const limit::Address client = limit::bucket_of(
      limit::client_of(address_of(*exchange.client), std::span(forwarded).first(count), trusted_));
  const std::array<std::uint64_t, 2> words{client.high, client.low};
  return limit::sip_hash(key_, words);
}

bool ClientSlots::begin(Exchange& exchange) {
  if (is_unlimited(unlimited_, exchange.request.target)) return true;
  const limit::Ticket ticket = concurrency_.begin(key_of(exchange));
  if (ticket.turn == limit::Turn::Admit) {
    exchange.notes[kConcurrencyNote] = std::uint64_t{ticket.place} + 1;
    return true;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
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
      "# HELP muster_sidecar_concurrency_uncounted_total Requests for which there was no place.\n"
      "# TYPE muster_sidecar_concurrency_uncounted_total counter\n"
      "muster_sidecar_concurrency_uncounted_total {}\n"
      "# HELP muster_sidecar_concurrency_clients Clients with a request under way.\n"
      "# TYPE muster_sidecar_concurrency_clients gauge\n"
      "muster_sidecar_concurrency_clients {}\n",
      refused_.load(std::memory_order_relaxed), concurrency_.uncounted(), concurrency_.users());
}

}  // namespace sidecar
