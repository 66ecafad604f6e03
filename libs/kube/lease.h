// Leader election over one Lease (coordination.k8s.io/v1), as a value: step(event, now) -> actions.
//
// Safety, held for every delay, loss and order of requests, and fuzzed: no two candidates lead at
// the same moment. A leader leads from the moment its write is known to have reached the server
// until `renew_deadline` after it SENT its last write that did; another candidate takes over no
// sooner than `duration` after it SAW the record change, and the record did not change before it
// was sent. So clocks are never compared, only lengths of time: safe while the clocks of two
// machines differ in rate by less than (duration - renew_deadline) / duration, a third by default.
//
// A candidate does not poll: its driver watches the Lease and hands in what it sees, so that a
// lease that its leader gave back is taken at once. Every write carries the resourceVersion that it
// is based on, so that of two takers one gets a conflict. What a leader writes elsewhere can carry
// its epoch (leaseTransitions), which grows with every change of leaders.
//
// What the driver owes: no request of the leader may start at or after `until` of action::Lead.
// What nobody can hold: a candidate that starts in the moment after somebody deleted the Lease
// cannot know that it was there; one that had seen it waits for its duration.
// Source: the behaviour of client-go's tools/leaderelection, whose standbys ask every 2 s and take
// over a deleted Lease at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace kube {

/// The spec of a Lease, and the version of the object.
struct LeaseRecord {
  std::string holder;  // holderIdentity; empty: nobody's
  base::Duration duration{};
  base::WallTime acquired{}, renewed{};  // for people; nothing is decided by them
  std::uint32_t transitions = 0;
  std::string version;  // resourceVersion
  bool operator==(const LeaseRecord&) const = default;
};

struct LeaseConfig {
  std::string identity;  // unique to the process: "<pod>_<uid>"
  base::Duration duration = base::seconds(15);
  base::Duration renew_deadline = base::seconds(10);
  base::Duration retry = base::seconds(2);
};
/// Errors: InvalidArgument naming the value: retry < renew_deadline < duration, whole seconds of at
/// least 3 for the duration, an identity.
base::Result<> check(const LeaseConfig& config);

namespace lease_event {
/// The Lease as the watch shows it, perhaps late; nothing: there is none.
struct Seen {
  std::optional<LeaseRecord> record;
};
/// How the one request that is under way ended.
struct Answered {
  enum class How { Done, Conflict, Failed };  // Conflict: also "exists already" and "not found"
  How how = How::Failed;
  std::optional<LeaseRecord> record{};  // Done: as the server has it now; nothing: there is none
};
struct Woke {};
/// All work of the leader has ended, or it never led: give the lease back and end.
struct Stop {};
}  // namespace lease_event
using LeaseEvent =
    std::variant<lease_event::Seen, lease_event::Answered, lease_event::Woke, lease_event::Stop>;

namespace lease_action {
/// Ask the server, not the watch -> Answered, Failed when nothing came for `within`.
struct Read {
  base::Duration within{};
};
/// Create it, or replace the one of `record.version` -> Answered, like Read.
struct Write {
  LeaseRecord record;
  bool create = false;
  base::Duration within{};
};
/// This candidate leads, as number `epoch`, until `until`; every renewal says it anew.
struct Lead {
  std::uint32_t epoch = 0;
  base::TimePoint until{};
};
/// It does not lead any more.
struct Lost {
  std::string why;
};
/// -> Woke, then; takes the place of the one before.
struct WakeAt {
  base::TimePoint at{};
};
/// Nothing follows. `released`: the lease is nobody's.
struct Ended {
  bool released = false;
};
}  // namespace lease_action
using LeaseAction = std::variant<lease_action::Read, lease_action::Write, lease_action::Lead,
                                 lease_action::Lost, lease_action::WakeAt, lease_action::Ended>;

class Lease {
 public:
  explicit Lease(LeaseConfig config);

  /// Begins with the first event, whatever it is. At most one Read or Write is under way at any
  /// time. `wall` is what is written into the record, for people.
  std::vector<LeaseAction> step(const LeaseEvent& event, base::TimePoint now, base::WallTime wall);

  bool leads(base::TimePoint now) const { return leads_ && now < until_; }
  /// Who holds it, as far as is known; empty: nobody.
  std::string holder() const { return record_ ? record_->holder : ""; }

 private:
  enum class Doing { Nothing, Read, Take, Renew, Release };

  void on(const lease_event::Seen& event);
  void on(const lease_event::Answered& event);
  void on(const lease_event::Woke& event);
  void on(const lease_event::Stop& event);
  void see(const std::optional<LeaseRecord>& record);
  void was_read(const lease_event::Answered& event);
  void was_written(Doing what, const lease_event::Answered& event);
  void go_on();
  void follow();
  void lead();
  void release();
  void ask();
  void write(Doing what, LeaseRecord record);
  void lose(std::string why);
  void end(bool released);
  bool is_mine() const { return record_ && record_->holder == config_.identity; }
  base::TimePoint free_from() const;
  base::TimePoint next_look() const;

  LeaseConfig config_;
  base::TimePoint now_{};
  base::WallTime wall_{};
  std::vector<LeaseAction> actions_;

  bool known_ = false;  // whether there is a Lease
  std::optional<LeaseRecord> record_;
  bool was_held_ = false;      // somebody else held it when it was last seen, or before it was gone
  base::TimePoint changed_{};  // when it was first seen as it is
  Doing doing_ = Doing::Nothing;
  base::TimePoint sent_{};        // the request that is under way
  base::TimePoint not_before_{};  // the next request
  unsigned conflicts_ = 0;        // in a row
  bool leads_ = false;
  base::TimePoint renewed_{};  // when the last write that is known to have arrived was sent
  base::TimePoint until_{};
  bool doubted_ = false;  // the watch shows another holder: ask the server
  bool stopping_ = false, ended_ = false;
};

}  // namespace kube
