#include "sidecar/shared.h"

#include <utility>

#include "aio/entropy.h"

namespace sidecar {
namespace {

/// Clients and rules of which one core keeps what it has to tell; in a tenth of a second.
constexpr std::size_t kToldAtOnce = 16'384;

}  // namespace

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
  if (settings.cache.bytes_max > 0) out->cache = std::make_unique<Cache>(settings.cache);
  out->shares_limits = !settings.redis.server.empty();
  for (std::size_t i = 0; i < cores; ++i) out->limits.push_back(std::make_unique<LimitFigures>());
  TRY(out->protect(settings.protection));
  return out;
}

base::Result<> Shared::protect(const ProtectionSettings& settings) {
  if (settings.limiting == Limiting::Off) {
    protection = nullptr;
    admissions.clear();
    return {};
  }
  TRY(limit::FingerprintKey key, limit::FingerprintKey::from(secret));
  std::shared_ptr<Counters> counted = counters;
  if (counted == nullptr) {
    TRY(counted, Counters::create(settings.keys_max));
  }
  TRY(protection, Protection::create(settings, std::move(key), counted));
  counters = std::move(counted);
  admissions.clear();
  for (std::size_t i = 0; shares_limits && i < limits.size(); ++i) {
    admissions.push_back(std::make_shared<limit::AdmissionLog>(kToldAtOnce));
  }
  return {};
}

}  // namespace sidecar
