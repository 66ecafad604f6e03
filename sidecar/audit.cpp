#include "sidecar/audit.h"

#include <utility>

#include <fmt/format.h>

#include "sidecar/metric_text.h"

namespace sidecar {
namespace {

std::int64_t whole(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

}  // namespace

const char* name(AuditEvent event) {
  switch (event) {
    case AuditEvent::AdminRefused: return "AdminRefused";
    case AuditEvent::DrillRefused: return "DrillRefused";
    case AuditEvent::LimitsRefused: return "LimitsRefused";
    case AuditEvent::BotSeen: return "BotSeen";
    case AuditEvent::CacheInvalidated: return "CacheInvalidated";
    case AuditEvent::ConfigChanged: return "ConfigChanged";
    case AuditEvent::ConfigRefused: return "ConfigRefused";
    case AuditEvent::CertificateChanged: return "CertificateChanged";
    case AuditEvent::FaultBegun: return "FaultBegun";
    case AuditEvent::FaultEnded: return "FaultEnded";
  }
  return "AdminRefused";
}

void Audit::tell(AuditNote note, base::TimePoint now, base::WallTime wall) {
  Kind& kind = kinds_[index(note.event)];
  kind.told += note.count;
  kind.last = wall;
  if (!kind.held && kind.budget.take(1, now)) {
    std::string text = note.text;
    return write(kind, note, std::move(text), wall);
  }
  if (!kind.held) kind.held_since = now;
  if (kind.held) note.count += kind.held->count;
  kind.held = std::move(note);
}

void Audit::look(base::TimePoint now, base::WallTime wall) {
  for (Kind& kind : kinds_) {
    if (kind.held && now - kind.held_since >= kSumEvery) sum_up(kind, now, wall);
  }
}

void Audit::finish(base::TimePoint now, base::WallTime wall) {
  for (Kind& kind : kinds_) {
    if (kind.held) sum_up(kind, now, wall);
  }
}

void Audit::write(Kind& kind, const AuditNote& note, std::string text, base::WallTime wall) {
  store::AuditEntry entry;
  entry.at = wall;
  entry.event = name(note.event);
  entry.subject = note.subject;
  entry.text = std::move(text);
  entry.host = note.who;
  ++kind.entries;
  write_(std::move(entry));
}

void Audit::sum_up(Kind& kind, base::TimePoint now, base::WallTime wall) {
  const AuditNote note = std::move(*kind.held);
  kind.held.reset();
  write(kind, note,
        fmt::format("{} in {} s, not written one by one; the last: {}", note.count,
                    (now - kind.held_since) / base::seconds(1), note.text),
        wall);
}

api::Node Audit::node() const {
  api::Node out = api::Node::map();
  for (std::size_t i = 0; i < kAuditEvents; ++i) {
    const Kind& kind = kinds_[i];
    api::Node one =
        api::Node::map().set("count", whole(kind.told)).set("entries", whole(kind.entries));
    if (kind.last) one.set("last", base::rfc3339(*kind.last));
    out.set(name(static_cast<AuditEvent>(i)), std::move(one));
  }
  return out;
}

std::string Audit::exposition() const {
  std::string out = metric_head("muster_audit_events_total", "counter",
                                "Security-relevant events, whether written one by one or summed.");
  for (std::size_t i = 0; i < kAuditEvents; ++i) {
    out += fmt::format("muster_audit_events_total{{event=\"{}\"}} {}\n",
                       name(static_cast<AuditEvent>(i)), kinds_[i].told);
  }
  return out;
}

std::string audit_exposition(const store::AuditFigures& figures) {
  constexpr const char* kTook = "muster_audit_write_duration_seconds";
  std::string out =
      metric_head(kTook, "histogram", "How long writes of the audit log took until durable.");
  std::uint64_t within = 0;
  for (std::size_t i = 0; i < figures.buckets.size(); ++i) {
    within += figures.buckets[i];
    const bool last = i == store::kAuditWriteBounds.size();
    out += fmt::format(
        "{}_bucket{{le=\"{}\"}} {}\n", kTook,
        last ? "+Inf" : fmt::format("{}", base::to_seconds(store::kAuditWriteBounds[i])), within);
  }
  out += fmt::format("{0}_sum {1}\n{0}_count {2}\n", kTook, base::to_seconds(figures.total),
                     figures.written);
  out += metric("muster_audit_slow_writes_total", "counter",
                "Writes of the audit log that took over 100 ms.", figures.slow);
  out +=
      metric("muster_audit_lost_entries_total", "counter",
             "Entries of the audit log that found no room or could not be written.", figures.lost);
  return out;
}

api::Node audit_node(const store::AuditFigures& figures) {
  api::Node out = api::Node::map()
                      .set("written", whole(figures.written))
                      .set("waiting", whole(figures.waiting))
                      .set("lost", whole(figures.lost))
                      .set("slow", whole(figures.slow))
                      .set("slowAboveMillis", base::to_millis(store::kSlowAuditWrite));
  if (figures.written > 0) {
    out.set("meanMillis", base::to_millis(figures.total) / static_cast<double>(figures.written));
    out.set("slowestMillis", base::to_millis(figures.slowest));
  }
  if (!figures.last_error.empty()) out.set("lastError", figures.last_error);
  return out;
}

}  // namespace sidecar
