#include "sidecar/shared.h"

#include <utility>

#include "aio/entropy.h"

namespace sidecar {

base::Result<std::unique_ptr<Shared>> Shared::create(const Settings& settings, std::size_t cores,
                                                     const std::string& secret) {
  auto out = std::make_unique<Shared>();
  TRY(out->endpoints, traffic::Endpoints::create(settings.endpoints));
  out->requests = std::make_unique<traffic::Requests>(cores, out->endpoints->most());
  for (std::size_t i = 0; i < cores; ++i) {
    out->fault_figures.push_back(std::make_unique<FaultFigures>());
    out->core_faults.push_back(
        std::make_unique<CoreFaults>(out->faults, *out->fault_figures.back(), aio::seed()));
  }
  out->secret = secret;
  if (settings.concurrency_max > 0) {
    TRY(out->slots,
        ClientSlots::create(settings.concurrency_max, settings.protection.trusted_proxies,
                            settings.protection.unlimited_paths,
                            {.first = aio::seed(), .second = aio::seed()}));
  }
  for (std::size_t i = 0; i < cores; ++i) out->limits.push_back(std::make_unique<LimitFigures>());
  TRY(out->protect(settings.protection));
  return out;
}

base::Result<> Shared::protect(const ProtectionSettings& settings) {
  if (settings.limiting == Limiting::Off) {
    protection = nullptr;
    return {};
  }
  TRY(limit::FingerprintKey key, limit::FingerprintKey::from(secret));
  std::shared_ptr<Counters> counted = counters;
  if (counted == nullptr) {
    TRY(counted, Counters::create(settings.keys_max));
  }
  TRY(protection, Protection::create(settings, std::move(key), counted));
  counters = std::move(counted);
  return {};
}

}  // namespace sidecar
