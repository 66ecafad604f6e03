#include "sidecar/audit_counts.h"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace sidecar {
namespace {

std::uint64_t news(std::uint64_t now, std::uint64_t& seen) {
  return now - std::exchange(seen, now);
}

std::uint64_t bots_seen(const Shared& shared) {
  std::uint64_t out = 0;
  for (const auto& core : shared.limits) out += core->bots_seen.get();
  return out;
}

}  // namespace

void AuditCounts::look(const Shared& shared, Audit& audit, base::TimePoint now,
                       base::WallTime wall) {
  drills(shared, audit, now, wall);
  limits(shared, audit, now, wall);
  bots(shared, audit, now, wall);
}

void AuditCounts::drills(const Shared& shared, Audit& audit, base::TimePoint now,
                         base::WallTime wall) {
  signs_.resize(shared.drill_figures.size());
  for (std::size_t i = 0; i < crypto::kDrillSigns; ++i) {
    const auto sign = static_cast<crypto::DrillSign>(i);
    if (sign == crypto::DrillSign::Good) continue;
    std::uint64_t count = 0;
    std::string who;
    for (std::size_t core = 0; core < shared.drill_figures.size(); ++core) {
      const DrillFigures& figures = *shared.drill_figures[core];
      const std::uint64_t came = news(figures.signs[i].get(), signs_[core][i]);
      if (came > 0) who = figures.last_refused(sign);
      count += came;
    }
    if (count == 0) continue;
    audit.tell({.event = AuditEvent::DrillRefused,
                .who = who,
                .subject = crypto::name(sign),
                .text = fmt::format("{} requests with such a signature, which were taken for "
                                    "clients'; the address is of one of the connections",
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
              .subject = {},
              .text = fmt::format("{} requests over a limit, {} from addresses that are denied, {} "
                                  "that nobody could count for all replicas",
                                  refused, denied, closed),
              .count = count},
             now, wall);
}

bool AuditCounts::take_bot(const Shared& shared) {
  if (bots_told_ >= bots_seen(shared)) return false;
  ++bots_told_;
  return true;
}

/// The log has as many as it may, each an entry; all others are summed up, so that none is missing
/// in the count, and none is in it twice.
void AuditCounts::bots(const Shared& shared, Audit& audit, base::TimePoint now,
                       base::WallTime wall) {
  if (bots_told_at_ != base::TimePoint{} && now - bots_told_at_ < Audit::kSumEvery) return;
  const std::uint64_t count = news(bots_seen(shared), bots_told_);
  if (count == 0) return;
  bots_told_at_ = now;
  audit.tell({.event = AuditEvent::BotSeen,
              .who = {},
              .subject = {},
              .text = fmt::format("{} more clients that look like programs, or look so by more "
                                  "signs than before",
                                  count),
              .count = count},
             now, wall);
}

}  // namespace sidecar
