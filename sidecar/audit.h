// Which security-relevant events are told to the audit log, and how many of them one by one. Pure:
// where entries go is somebody else's.
//
// Whoever guesses tokens, or floods with forged signatures, must not write the log: of each event a
// few entries are written at once and then few in a minute. What is beyond them is counted, and
// summed up in one entry when a minute has passed since the last; so a flood of one event is at
// most kPerMinute + 1 entries a minute, however many there are of it. Counts are exact.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "api/node.h"
#include "base/time.h"
#include "sidecar/budget.h"
#include "store/audit_queue.h"

namespace sidecar {

enum class AuditEvent : std::uint8_t {
  AdminRefused,        // 401 or 403 of the admin port
  DrillRefused,        // a drill's signature that is forged, malformed, or not of now
  LimitsRefused,       // clients over a limit, denied, or refused while nobody counts for all
  BotSeen,             // a client that looks like a program
  CacheInvalidated,    // over the admin port
  ConfigChanged,       // another configuration is in force
  ConfigRefused,       // one was not taken
  CertificateChanged,  // another one is shown
  FaultBegun,
  FaultEnded
};
inline constexpr std::size_t kAuditEvents = 10;
const char* name(AuditEvent event);

struct AuditNote {
  AuditEvent event{};
  std::string who;            // the address that asked; empty: nobody, or not known
  std::string subject, text;  // what it is about, and what was done
  std::uint64_t count = 1;    // how many of them this stands for
};

/// Thread: one.
class Audit {
 public:
  static constexpr double kAtOnce = 20;
  static constexpr double kPerMinute = 6;
  static constexpr base::Duration kSumEvery = base::seconds(60);
  using Write = std::function<void(store::AuditEntry entry)>;

  explicit Audit(Write write) : write_(std::move(write)) {}

  void tell(AuditNote note, base::TimePoint now, base::WallTime wall);
  /// Sums up what was not written, once its time has come. Every second or so.
  void look(base::TimePoint now, base::WallTime wall);
  /// The same, whether it has come or not.
  void finish(base::TimePoint now, base::WallTime wall);

  std::uint64_t told(AuditEvent event) const { return kinds_[index(event)].told; }
  /// By event: count, entries, when the last was.
  api::Node node() const;
  /// muster_audit_events_total{event}.
  std::string exposition() const;

 private:
  struct Kind {
    Budget budget{kPerMinute / 60, kAtOnce};
    std::uint64_t told = 0, entries = 0;
    std::optional<base::WallTime> last;
    std::optional<AuditNote> held;  // the newest of those not written; its count is of all
    base::TimePoint held_since{};
  };
  static std::size_t index(AuditEvent event) { return static_cast<std::size_t>(event); }
  void write(Kind& kind, const AuditNote& note, std::string text, base::WallTime wall);
  void sum_up(Kind& kind, base::TimePoint now, base::WallTime wall);

  Write write_;
  std::array<Kind, kAuditEvents> kinds_;
};

/// How long writes took and what became of entries, as the programs of drills tell it.
std::string audit_exposition(const store::AuditFigures& figures);
/// The summary of GET /api/monitoring/audit, beside the events.
api::Node audit_node(const store::AuditFigures& figures);

}  // namespace sidecar
