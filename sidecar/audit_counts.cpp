#include "sidecar/audit_counts.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "limit/offenders.h"

namespace sidecar {
namespace {

constexpr std::size_t kOffenders = 64;

/// The address of who was refused last, of any core that has one.
std::string last_refused(const Shared& shared) {
  for (const auto& core : shared.drill_figures) {
    if (std::string out = core->last_refused(); !out.empty()) return out;
  }
  return {};
}

std::string most_refused(const Shared& shared) {
  limit::Offenders all(kOffenders);
  for (const auto& core : shared.limits) all.merge(core->offenders());
  const auto top = all.top(1);
  return top.empty() ? "none" : limit::text(top.front().who);
}

std::uint64_t news(std::uint64_t now, std::uint64_t& seen) {
  return now - std::exchange(seen, now);
}

}  // namespace

void AuditCounts::look(const Shared& shared, Audit& audit, base::TimePoint now,
                       base::WallTime wall) {
  drills(shared, audit, now, wall);
  limits(shared, audit, now, wall);
}

void AuditCounts::drills(const Shared& shared, Audit& audit, base::TimePoint now,
                         base::WallTime wall) {
  for (std::size_t i = 0; i < crypto::kDrillSigns; ++i) {
    const auto sign = static_cast<crypto::DrillSign>(i);
    if (sign == crypto::DrillSign::Good) continue;
    std::uint64_t all = 0;
    for (const auto& core : shared.drill_figures) all += core->signs[i].get();
    const std::uint64_t count = news(all, signs_[i]);
    if (count == 0) continue;
    audit.tell({.event = AuditEvent::DrillRefused,
                .who = last_refused(shared),
                .subject = crypto::name(sign),
                .text = fmt::format("{} requests with such a signature, which were taken for "
                                    "clients'; the address is the last one's",
                                    count),
                .count = count},
               now, wall);
  }
}

/// Clients over a limit are an everyday matter: the first are told at once, and then a minute's
/// together.
void AuditCounts::limits(const Shared& shared, Audit& audit, base::TimePoint now,
                         base::WallTime wall) {
  if (limits_told_ != base::TimePoint{} && now - limits_told_ < Audit::kSumEvery) return;
  std::uint64_t refused = 0, denied = 0, closed = 0;
  for (const auto& core : shared.limits) {
    refused += core->refused_client.get() + core->refused_fingerprint.get();
    denied += core->denied.get();
    closed += core->closed.get();
  }
  refused = news(refused, refused_);
  denied = news(denied, denied_);
  closed = news(closed, closed_);
  const std::uint64_t count = refused + denied + closed;
  if (count == 0) return;
  limits_told_ = now;
  audit.tell({.event = AuditEvent::LimitsRefused,
              .who = {},
              .subject = most_refused(shared),
              .text = fmt::format("{} requests over a limit, {} from addresses that are denied, {} "
                                  "that nobody could count for all replicas; most of all that "
                                  "were refused are of that fingerprint",
                                  refused, denied, closed),
              .count = count},
             now, wall);
}

}  // namespace sidecar
