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
  if (settings.protection.limiting == Limiting::Off) return out;
  TRY(limit::FingerprintKey key, limit::FingerprintKey::from(secret));
  TRY(out->protection, Protection::create(settings.protection, std::move(key)));
  for (std::size_t i = 0; i < cores; ++i) out->limits.push_back(std::make_unique<LimitFigures>());
  return out;
}

}  // namespace sidecar
