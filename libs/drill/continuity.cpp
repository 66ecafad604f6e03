#include "drill/continuity.h"

#include <map>

namespace drill {
namespace {

struct Session {
  bool had = false, denied = false, answered = false;
};

/// The target had a say: the instrument's own failures are none of the target's.
bool was_tried(const Record& record) {
  return record.completed != kNever && record.cause != Cause::NotSent &&
         record.cause != Cause::Blocked && record.cause != Cause::Stopped;
}

std::map<StreamId, const StreamInfo*> streams_of(const Evidence& evidence, StreamKind kind) {
  std::map<StreamId, const StreamInfo*> out;
  for (const StreamInfo& info : evidence.streams) {
    if (info.kind == kind) out[info.id] = &info;
  }
  return out;
}

Share share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  return {100.0 * static_cast<double>(part) / static_cast<double>(whole), whole};
}

}  // namespace

Share session_continuity(const Evidence& evidence, TimePoint from, TimePoint until) {
  const auto streams = streams_of(evidence, StreamKind::Session);
  std::map<std::pair<StreamId, std::int64_t>, Session> sessions;
  for (const Record& record : evidence.records) {
    if (record.value < 0 || !streams.contains(record.stream) || !was_tried(record)) continue;
    Session& session = sessions[{record.stream, record.value}];
    const bool ok = record.outcome == Outcome::Ok;
    if (record.completed < evidence.fault_begun) {
      session.had |= ok;
    } else if (record.scheduled < until) {
      session.denied |= record.outcome == Outcome::Fail && record.cause == Cause::Rejected;
      session.answered |= ok && record.scheduled >= from;
    }
  }
  std::uint64_t had = 0;
  std::uint64_t continued = 0;
  for (const auto& [key, session] : sessions) {
    if (!session.had) continue;
    ++had;
    if (session.answered && !session.denied) ++continued;
  }
  return share(continued, had);
}

Share features_working(const Evidence& evidence, TimePoint from, TimePoint until) {
  const auto streams = streams_of(evidence, StreamKind::Feature);
  std::map<StreamId, bool> works;
  for (const Record& record : evidence.records) {
    if (!streams.contains(record.stream) || !was_tried(record)) continue;
    if (record.scheduled < from || record.scheduled >= until) continue;
    const auto [entry, first] = works.try_emplace(record.stream, true);
    entry->second &= record.outcome == Outcome::Ok;
  }
  if (works.empty()) return {};
  std::uint64_t working = 0;
  for (const auto& [stream, each] : works) working += each ? 1 : 0;
  return share(working, streams.size());
}

}  // namespace drill
