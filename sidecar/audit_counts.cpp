#include "sidecar/audit_counts.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "limit/offenders.h"

namespace sidecar {
namespace {

constexpr std::size_t kOffenders = 64;

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

/// The address of the last one of a core that has refused a signature since the last look.
std::string AuditCounts::who_was_refused(const Shared& shared) {
  std::string out;
  refused_by_core_.resize(shared.drill_figures.size());
  for (std::size_t at = 0; at < shared.drill_figures.size(); ++at) {
    const DrillFigures& core = *shared.drill_figures[at];
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < crypto::kDrillSigns; ++i) {
      if (static_cast<crypto::DrillSign>(i) != crypto::DrillSign::Good) all += core.signs[i].get();
    }
    if (news(all, refused_by_core_[at]) > 0) out = core.last_refused();
  }
  return out;
}

void AuditCounts::drills(const Shared& shared, Audit& audit, base::TimePoint now,
                         base::WallTime wall) {
  const std::string who = who_was_refused(shared);
  for (std::size_t i = 0; i < crypto::kDrillSigns; ++i) {
    const auto sign = static_cast<crypto::DrillSign>(i);
    if (sign == crypto::DrillSign::Good) continue;
    std::uint64_t all = 0;
    for (const auto& core : shared.drill_figures) all += core->signs[i].get();
    const std::uint64_t count = news(all, signs_[i]);
    if (count == 0) continue;
    audit.tell({.event = AuditEvent::DrillRefused,
                .who = who,
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
