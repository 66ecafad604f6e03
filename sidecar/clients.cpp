#include "sidecar/clients.h"

#include <array>
#include <span>
#include <utility>

#include "limit/client.h"
#include "sidecar/client_address.h"

namespace sidecar {
namespace {

constexpr std::size_t kForwardedMax = 8;  // fields, each of which may be a list

}  // namespace

base::Result<std::shared_ptr<const Clients>> Clients::create(const ProtectionSettings& settings) {
  TRY(limit::PrefixSet trusted, limit::parse_prefixes(settings.trusted_proxies));
  return std::shared_ptr<const Clients>(new Clients(std::move(trusted), settings.unlimited_paths));
}

Clients::Clients(limit::PrefixSet trusted, std::vector<std::string> unlimited)
    : trusted_(std::move(trusted)), unlimited_(std::move(unlimited)) {}

limit::Address Clients::of(const Exchange& exchange) const {
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
  return limit::bucket_of(
      limit::client_of(address_of(*exchange.client), std::span(forwarded).first(count), trusted_));
}

}  // namespace sidecar
