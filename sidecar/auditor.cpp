#include "sidecar/auditor.h"

#include <utility>

#include <fmt/format.h>

#include "base/cut.h"
#include "sidecar/fault_json.h"
#include "sidecar/log.h"
#include "sidecar/replies.h"
#include "store/audit_check.h"

namespace sidecar {
namespace {

constexpr base::Duration kComplainEvery = base::seconds(300);
/// A target that somebody sends is no more than this in an entry.
constexpr std::size_t kTargetMax = 200;

bool is_file(const std::string& where) {
  return where != "stdout" && where != "off";
}

}  // namespace

base::Result<> check_audit_log(const std::string& where) {
  return is_file(where) ? store::check_audit_log(where) : base::Result<>{};
}

base::Result<> Auditor::open(const std::string& where) {
  where_ = where;
  if (where == "off") return {};
  TRY(queue_, store::AuditQueue::open(where));
  return {};
}

/// What was shown is not written: it may be a good token of something else.
void Auditor::refused(const net::HttpRequest& request, const net::HttpReply& reply) {
  const auto body = api::parse_json(reply.body);
  const std::string error = body ? (*body)["error"].as_string() : "";
  tell({.event = AuditEvent::AdminRefused,
        .who = request.client,
        .subject = base::cut(fmt::format("{} {}", request.method, path_of(request)), kTargetMax),
        .text = fmt::format("{}: {}; {}", reply.status, error,
                            request.header("Authorization") == nullptr ? "nothing was shown"
                                                                       : "something was shown")});
}

void Auditor::fault(FaultChange change, const Fault& fault, const std::string& by) {
  const bool begun = change == FaultChange::Begun;
  const char* why = change == FaultChange::Expired   ? "nobody renewed it: "
                    : change == FaultChange::Drained ? "the sidecar ends: "
                                                     : "";
  tell({.event = begun ? AuditEvent::FaultBegun : AuditEvent::FaultEnded,
        .who = by,
        .subject = fault.rule.id,
        .text = why + api::to_json(node_of(fault, clock_.now()))});
}

void Auditor::invalidated(const net::HttpRequest& request, const std::string& pattern,
                          std::size_t count) {
  tell({.event = AuditEvent::CacheInvalidated,
        .who = request.client,
        .subject = base::cut(pattern, kTargetMax),
        .text = fmt::format("{} stored responses", count)});
}

/// No address: a client is told by its keyed hashes, as in the log.
void Auditor::bot(const BotNote& note, const Shared& shared) {
  if (!counts_.take_bot(shared)) return;
  AuditNote out;
  out.event = AuditEvent::BotSeen;
  for (const auto& [key, value] : fields_of(note)) {
    if (key == "fingerprint") out.subject = value;
    if (!out.text.empty()) out.text += "; ";
    out.text += key + ": " + value;
  }
  tell(std::move(out));
}

void Auditor::look(const Shared& shared) {
  counts_.look(shared, audit_, clock_.now(), clock_.wall_now());
  audit_.look(clock_.now(), clock_.wall_now());
  complain();
}

void Auditor::finish(const Shared& shared) {
  counts_.finish(shared, audit_, clock_.now(), clock_.wall_now());
  audit_.finish(clock_.now(), clock_.wall_now());
}

void Auditor::complain() {
  if (queue_ == nullptr) return;
  const store::AuditFigures figures = queue_->figures();
  if (figures.slow == slow_seen_ && figures.lost == lost_seen_) return;
  const base::TimePoint now = clock_.now();
  if (complained_ != base::TimePoint{} && now - complained_ < kComplainEvery) return;
  complained_ = now;
  log(Level::Warning, "the audit log is slow, or entries are missing in it",
      {{"where", where_},
       {"slow", std::to_string(figures.slow - std::exchange(slow_seen_, figures.slow))},
       {"slowest", base::human(figures.slowest)},
       {"lost", std::to_string(figures.lost - std::exchange(lost_seen_, figures.lost))},
       {"error", figures.last_error}});
}

net::HttpReply Auditor::summary() const {
  api::Node out = queue_ != nullptr ? audit_node(queue_->figures()) : api::Node::map();
  out.set("where", is_file(where_) ? "file" : where_);
  out.set("events", audit_.node());
  return json_reply(200, out);
}

std::string Auditor::exposition() const {
  std::string out = audit_.exposition();
  if (queue_ != nullptr) out += audit_exposition(queue_->figures());
  return out;
}

}  // namespace sidecar
