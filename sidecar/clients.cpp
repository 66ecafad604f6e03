#include "sidecar/clients.h"

#include <utility>

#include "sidecar/client_address.h"

namespace sidecar {
base::Result<std::shared_ptr<const Clients>> Clients::create(const ProtectionSettings& settings) {
  TRY(limit::PrefixSet trusted, limit::parse_prefixes(settings.trusted_proxies));
  TRY(limit::PrefixSet allow, limit::parse_prefixes(settings.allow));
  TRY(limit::PrefixSet deny, limit::parse_prefixes(settings.deny));
  return std::shared_ptr<const Clients>(
      new Clients(std::move(trusted), std::move(allow), std::move(deny), settings));
}

Clients::Clients(limit::PrefixSet trusted, limit::PrefixSet allow, limit::PrefixSet deny,
                 const ProtectionSettings& settings)
    : trusted_(std::move(trusted)),
      allow_(std::move(allow)),
      deny_(std::move(deny)),
      unlimited_(settings.unlimited_paths),
      dry_run_(settings.limiting == Limiting::DryRun) {}

limit::Address Clients::address(const Exchange& exchange) const {
  ForwardedFor forwarded;
  if (!trusted_.empty()) {
    const http1::RequestHead& head = exchange.request;
    for (const auto* field = http1::find(head, "x-forwarded-for"); field != nullptr;
         field = http1::find(head, "x-forwarded-for", field)) {
      forwarded.add(field->value);
    }
  }
  return limit::client_of(address_of(*exchange.client), forwarded.fields(), trusted_);
}

}  // namespace sidecar
