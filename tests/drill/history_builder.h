// Histories as literals, in the manner of Jepsen's own tests: one character per operation.
//   'o' ok at once   'l' ok but late   'x' refused   't' timed out (info)   'b' blocked
//   'n' never sent   '?' reserved, never completed   's' cut short by the end of the drill
// Operations are due every 10 ms from 1 s on, invoked on time, answered after 1 ms; D is 50 ms.
#pragma once

#include <string>
#include <string_view>

#include "drill/evidence.h"
#include "drill/outage.h"

namespace drill::test {

inline constexpr Duration kInterval = base::millis(10);
inline constexpr Duration kDeadline = base::millis(50);
inline constexpr Duration kLatency = base::millis(1);
inline constexpr TimePoint kStart = TimePoint{} + base::seconds(1);

/// The moment at which operation `index` (from 0) is due.
constexpr TimePoint due(std::int64_t index) {
  return kStart + index * kInterval;
}

inline StreamInfo stream(StreamKind kind = StreamKind::Ledger, std::uint16_t id = 0) {
  StreamInfo info;
  info.id = StreamId(id);
  info.name = std::string("orders/") + name(kind);
  info.probe = "orders";
  info.kind = kind;
  info.interval = kInterval;
  info.deadline = kDeadline;
  info.decides = kind == StreamKind::Ledger;
  return info;
}

inline Record operation(char letter, std::int64_t index, StreamId id = StreamId(0)) {
  Record record;
  record.stream = id;
  record.seq = static_cast<std::uint64_t>(index) + 1;
  record.scheduled = record.invoked = due(index);
  record.completed = record.invoked + kLatency;
  record.server_id = 1;
  record.server_term = 1;
  record.outcome = Outcome::Fail;
  switch (letter) {
    case 'o': record.outcome = Outcome::Ok; break;
    case 'l':
      record.outcome = Outcome::Ok;
      record.completed = record.invoked + 4 * kDeadline;
      break;
    case 'x': record.cause = Cause::Refused; break;
    case 't':
      record.outcome = Outcome::Info;
      record.cause = Cause::Timeout;
      record.completed = record.invoked + kDeadline;
      break;
    case 'b':
      record.cause = Cause::Blocked;
      record.completed = record.invoked;
      break;
    case 'n':
      record.cause = Cause::NotSent;
      record.invoked = record.completed = kNever;
      break;
    case '?':
      record.outcome = Outcome::Info;
      record.invoked = record.completed = kNever;
      break;
    case 's':
      record.outcome = Outcome::Info;
      record.cause = Cause::Stopped;
      break;
    default: break;
  }
  return record;
}

inline std::vector<Record> records(std::string_view letters, StreamId id = StreamId(0)) {
  std::vector<Record> out;
  for (const char letter : letters) {
    out.push_back(operation(letter, static_cast<std::int64_t>(out.size()), id));
  }
  return out;
}

/// `count` times the same letter.
inline std::string times(std::size_t count, char letter) {
  return std::string(count, letter);
}

/// One stream with these records, and the view of it.
struct Seen {
  std::vector<Record> kept;
  StreamView view;
};
inline Seen see(std::string_view letters, std::vector<Stall> silences = {}) {
  Seen out;
  out.kept = records(letters);
  out.view = view_of(stream(), out.kept, silences);
  return out;
}

/// Hold of ten operations.
inline OutageRules rules(TimePoint fault_begun) {
  return {10 * kInterval, fault_begun, kNever};
}

}  // namespace drill::test
