// For how long drills that were taken have waited for their runner, which is given up after some
// time. By lengths of this operator's own time since it first saw that: when the drill was taken is
// written by the clock of whichever operator took it, and that clock may be another's, or have been
// stepped. Of what was before only half of the time counts, so that no step of a clock and no
// difference between two ends a drill that was just taken, and no operator that is begun again and
// again lets one wait for ever. Pure.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "cluster/drill_object.h"

namespace op {

class BeginWatch {
 public:
  explicit BeginWatch(base::Duration within) : within_(within) {}

  /// Whether nobody has begun it within the time. One that waits no more is forgotten.
  bool is_overdue(const cluster::DrillObject& drill, base::TimePoint now, base::WallTime wall);
  /// It is gone.
  void forget(const kube::Key& drill) { waiting_.erase(drill); }
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::string uid;
    base::TimePoint since{};
  };

  const base::Duration within_;
  std::map<kube::Key, Waiting> waiting_;
};

}  // namespace op
