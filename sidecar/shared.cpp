#include "sidecar/shared.h"

#include <utility>

#include "aio/clock.h"
#include "aio/entropy.h"

namespace sidecar {
namespace {

/// Clients and rules of which one core keeps what it has to tell; in a tenth of a second.
constexpr std::size_t kToldAtOnce = 16'384;

}  // namespace

base::Result<std::unique_ptr<Shared>> Shared::create(const Settings& settings, std::size_t cores,
                                                     const std::string& secret) {
  auto out = std::make_unique<Shared>(cores);
  TRY(out->endpoints, traffic::Endpoints::create(settings.endpoints));
  out->requests = std::make_unique<traffic::Requests>(cores, out->endpoints->most());
  for (std::size_t i = 0; i < cores; ++i) {
    out->crypto.push_back(std::make_unique<CryptoLog>());
    out->drill_figures.push_back(std::make_unique<DrillFigures>());
    out->fault_figures.push_back(std::make_unique<FaultFigures>());
    out->core_faults.push_back(
        std::make_unique<CoreFaults>(out->faults, *out->fault_figures.back(), aio::seed()));
  }
  out->secret = secret;
  if (settings.concurrency_max > 0) {
    TRY(out->slots, ClientSlots::create(settings.concurrency_max,
                                        {.first = aio::seed(), .second = aio::seed()}));
  }
  if (settings.cache.bytes_max > 0) out->cache = std::make_unique<Cache>(settings.cache);
  out->shares_limits = !settings.redis.server.empty();
  for (std::size_t i = 0; i < cores; ++i) out->limits.push_back(std::make_unique<LimitFigures>());
  TRY(out->put(settings, aio::now()));
  return out;
}

base::Result<> Shared::put(const Settings& settings, base::TimePoint now) {
  TRY(auto known, Clients::create(settings.protection));
  TRY(protect(settings.protection));
  clients = std::move(known);
  return watch_users(settings.users, now);
}

/// Who waits for a turn goes on at once when nobody is watched any more.
base::Result<> Shared::watch_users(const UserSettings& settings, base::TimePoint now) {
  user_names.reset();
  alert::UserGateSettings gate;
  if (settings.mode != Limiting::Off) {
    TRY(limit::FingerprintKey key, limit::FingerprintKey::from(secret));
    user_names.emplace(key, settings);
    gate = user_names->gate(settings);
  }
  users.use(user_names, std::move(gate), now);
  return {};
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
