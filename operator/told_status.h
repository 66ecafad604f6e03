// What a runner says of its drill in the Drill's status while the drill runs, for people and for
// the guardian: phase and state, conditions, and when the fault began and has to be undone. A write
// that did not land is as if nothing had been said: it is said again until it has landed, with the
// times of when it became so. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/drill_object.h"

namespace op {

class ToldStatus {
 public:
  struct Now {
    std::string phase, state;                    // empty phase: nothing has begun yet
    bool finished = false;                       // its end is said elsewhere
    std::map<std::string, std::string> asked{};  // steps that wait for a person, and for what
    base::TimePoint at{};
    base::WallTime wall{};
  };

  /// The drill has begun, and has to be undone after this time.
  void begin(base::TimePoint at, base::Duration deadline) {
    began_ = at;
    deadline_ = deadline;
  }
  /// Whether there is news, or it is time for a heartbeat.
  bool is_due(const Now& now) const;
  /// Members of the status, beside the heartbeat. `drill`: its status as far as is known.
  std::vector<cluster::Member> members(const Now& now, const cluster::DrillObject& drill);
  /// What members() gave last is in the status.
  void landed(const Now& now, cluster::DrillObject& drill);

 private:
  struct Fault {
    std::string begun, deadline;
    bool said = false;
  };
  void note_fault(const Now& now);

  base::TimePoint began_{};
  base::Duration deadline_{};
  std::string told_;  // of which there was no news
  std::optional<base::TimePoint> last_;
  std::optional<Fault> fault_;
  api::Node conditions_;  // that were given; null: none
};

}  // namespace op
