// What must hold in the simulation, whatever dies: looked at with each change that a drill's pod
// makes, and at the end.
//   - a fault or step takes effect while its undo is in the Drill's journal, the Drill has its
//     finalizer, and the pod that does it has the Drill and has looked at it since it recorded the
//     undo; where it stood still after that look, it may come late;
//   - nothing is done a second time before it was undone; a drill deletes no more pods than its
//     plan says; a guardian does nothing, it only undoes;
//   - a slot of a schedule has one Drill at most, which is remembered before it is made;
//   - a runner takes no drill that another pod has; one that has finished is taken by nobody, and
//     its verdict stays;
//   - at the end the world is as it was, but for what people deleted, no Drill has a finalizer or
//   waits to be deleted, and each
//     has a verdict and says that it is undone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "operator/drill_pods.h"
#include "sim/api_server.h"

namespace op {

/// Who makes a change.
struct Doer {
  PodRole role = PodRole::Runner;
  kube::Key drill;
  std::string pod_uid;
  bool looked = true;    // at the Drill, since it recorded what it will do
  bool held_up = false;  // it stood still, perhaps when it had looked at the Drill already
  // When it looked last and the Drill was its own. What it sends a moment later may be overtaken by
  // the claim of another; the second undo of that one is for this.
  base::TimePoint had_it{};
  bool had_it_just_now = false;  // when it sent what is judged
};

class Laws {
 public:
  explicit Laws(const sim::ApiServer& server) : server_(server) {}

  /// Remembers how the world is.
  void begin() { before_ = world(); }
  /// One change, by whomever.
  void changed(const kube::Resource& resource, const sim::ApiServer::Object& before,
               const sim::ApiServer::Object& after);
  /// The changes since the last call were made by this one; null: by none of a drill's pods.
  void made_by(const Doer* doer);
  void end();

  void violated(const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }
  int faults() const { return faults_; }  // that took effect
  /// The deadline of the fault is long over.
  void all_undone();

 private:
  struct Effect {
    std::string what;
    bool done = false;  // false: undone
  };
  void drill_changed(const api::Node& before, const api::Node& after);
  void judge(const Effect& effect, const Doer* doer);
  void judge_holder(const Effect& effect, const Doer& doer);
  void end_of(const api::Node& drill);
  void deleted_by_people(const std::string& kind, const std::string& name);
  std::string world() const;

  const sim::ApiServer& server_;
  std::string before_;
  std::vector<Effect> effects_;      // since made_by()
  std::vector<std::string> claims_;  // of drills that another pod had, since made_by()
  std::set<std::string> in_force_;
  std::map<std::string, int> pods_gone_;        // by the Drill's name
  std::map<std::string, std::string> of_slot_;  // the Drill's UID
  std::vector<std::string> violations_;
  int faults_ = 0;
};

}  // namespace op
