#include "simulated/laws.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cluster/drill_object.h"
#include "cluster/objects.h"
#include "sim/cluster_life.h"
#include "store/undo_journal.h"

namespace op {
namespace {

using api::Node;
using Object = sim::ApiServer::Object;

constexpr int kPodsGoneMax = 1;  // as the plan says

const std::string& name_of(const Node& object) {
  return object["metadata"]["name"].as_string();
}

bool is_muster_pod(const Node& object) {
  return object["metadata"]["labels"].has(kDrillLabel);
}

const Node& at(const Object& object) {
  static const Node kNone;
  return object ? *object : kNone;
}

}  // namespace

void Laws::violated(const std::string& what) {
  if (std::find(violations_.begin(), violations_.end(), what) == violations_.end()) {
    violations_.push_back(what);
  }
}

void Laws::changed(const kube::Resource& resource, const Object& before, const Object& after) {
  const std::string& name = name_of(before ? *before : *after);
  const bool of_people = resource.plural == "statefulsets" || resource.plural == "services";
  if (!after && of_people) deleted_by_people(resource.kind, name);
  const auto differ = [&](const std::string& what, bool was, bool is) {
    if (was != is) effects_.push_back({what, is});
  };
  if (resource.plural == "statefulsets" && before && after) {
    differ(name + " has no pods", at(before)["spec"]["replicas"].as_int() == 0,
           at(after)["spec"]["replicas"].as_int() == 0);
  } else if (resource.plural == "nodes" && before && after) {
    differ(name + " is cordoned", at(before)["spec"]["unschedulable"].as_bool(),
           at(after)["spec"]["unschedulable"].as_bool());
  } else if (resource.plural == "services" && name == "db-rw" && before && after) {
    differ("db-rw leads to b", at(before)["spec"]["selector"]["instance"].as_string() == "b",
           at(after)["spec"]["selector"]["instance"].as_string() == "b");
  } else if (resource.plural == "configmaps" && name == "maintenance") {
    differ("the notice is there", before != nullptr, after != nullptr);
  } else if (resource.plural == "pods" && before && !is_muster_pod(*before)) {
    const bool in = at(before)["metadata"]["labels"]["in"].as_string() == "yes";
    const bool going = !after || at(after)["metadata"].has("deletionTimestamp");
    const bool went = at(before)["metadata"].has("deletionTimestamp");
    if (after)
      differ(name + " is out", !in && at(before)["metadata"]["labels"].has("in"),
             at(after)["metadata"]["labels"].has("in") &&
                 at(after)["metadata"]["labels"]["in"].as_string() != "yes");
    if (!after) in_force_.erase(name + " is out");
    if (going && !went && in) effects_.push_back({"pod " + name + " is gone", true});
  } else if (resource.plural == "drills" && before && after) {
    drill_changed(*before, *after);
  } else if (resource.plural == "drills" && after) {
    const std::string& slot = (*after)["metadata"]["annotations"]["muster.dev/slot"].as_string();
    const std::string& uid = (*after)["metadata"]["uid"].as_string();
    if (!slot.empty() && !of_slot_.emplace(slot, uid).second) {
      violated("slot " + slot + " has a second Drill");
    }
    const Object schedule = server_.find(cluster::kSchedules, {"shop", "nightly"});
    const bool known = at(schedule)["status"]["lastScheduleTime"].as_string() >= slot;
    if (!slot.empty() && !known) violated("slot " + slot + " fires before that is remembered");
  }
}

void Laws::drill_changed(const Node& before, const Node& after) {
  const std::string& had = before["status"]["runner"]["uid"].as_string();
  const std::string& has = after["status"]["runner"]["uid"].as_string();
  const std::string name = "drill " + name_of(before);
  if (!had.empty() && has != had) claims_.push_back(name);
  if (before["status"]["phase"].as_string() != "Finished") return;
  if (has != had) violated(name + " was taken though it had finished");
  for (const char* part : {"phase", "verdict"}) {
    if (before["status"][part] == after["status"][part]) continue;
    violated(fmt::format("{} had finished, and its {} was changed", name, part));
  }
}

void Laws::made_by(const Doer* doer) {
  for (const std::string& drill : std::exchange(claims_, {})) {
    if (doer == nullptr || doer->role == PodRole::Runner) {
      violated(drill + " was taken from the pod that had it, and by no guardian");
    }
  }
  for (const Effect& effect : std::exchange(effects_, {})) judge(effect, doer);
}

void Laws::judge(const Effect& effect, const Doer* doer) {
  const bool of_pod = effect.what.starts_with("pod ");
  if (doer == nullptr && of_pod) return;  // its workload or its node did
  if (!effect.done) {
    in_force_.erase(effect.what);
    return;
  }
  if (doer == nullptr) {
    in_force_.insert(effect.what);
    return;
  }
  ++faults_;
  if (!in_force_.insert(effect.what).second) violated(effect.what + ": a second time");
  judge_holder(effect, *doer);
  if (of_pod && ++pods_gone_[doer->drill.name] > kPodsGoneMax) {
    violated(
        fmt::format("drill {} deletes {} pods", doer->drill.name, pods_gone_[doer->drill.name]));
  }
}

void Laws::judge_holder(const Effect& effect, const Doer& doer) {
  if (doer.role == PodRole::Guardian) {
    violated(effect.what + ": by a guardian");
    return;
  }
  const Object object = server_.find(cluster::kDrills, doer.drill);
  if (!object) {
    violated(effect.what + ": its Drill is gone");
    return;
  }
  const auto drill = cluster::parse_drill(api::to_json(*object));
  // Where it stood still, a later record of its own may overtake what it had looked for.
  if (!doer.looked && !doer.held_up) {
    violated(effect.what + ": by a pod that did not look whose the Drill is");
  }
  const bool has_it = drill->runner() == doer.pod_uid;
  if (!has_it && !doer.held_up && !doer.had_it_just_now)
    violated(effect.what + ": by a pod that lost the Drill");
  if (!drill->has_finalizer) violated(effect.what + ": without the finalizer");
  const auto journal = store::parse_journal(drill->journal());
  if (!journal || !journal->needs_recovery()) {
    violated(effect.what + ": with nothing to undo in the journal");
  }
}

/// With a workload go its pods.
void Laws::deleted_by_people(const std::string& kind, const std::string& name) {
  std::string left;
  for (std::size_t begin = 0; begin < before_.size();) {
    const std::size_t end = before_.find('\n', begin) + 1;
    const std::string line = before_.substr(begin, end - begin);
    const bool pod = kind != "Service" && line.starts_with("Pod ") &&
                     line.find("\"app\":\"" + name + "\"") != std::string::npos;
    if (!pod && !line.starts_with(kind + " " + name + " ")) left += line;
    begin = end;
  }
  before_ = std::move(left);
}

std::string Laws::world() const {
  std::string out;
  for (const kube::Resource& kind :
       {sim::kStatefulSets, sim::kDeployments, sim::kServices, sim::kNodes, cluster::kConfigMaps}) {
    for (const Object& object : server_.all(kind)) {
      if (kind.plural == "configmaps" && name_of(*object) == "muster-stop") continue;
      const Node& meta = (*object)["metadata"];
      // Empty or not there is the same.
      const std::string notes =
          meta["annotations"].size() == 0 ? "" : api::to_json(meta["annotations"]);
      out += fmt::format("{} {} {}{}{}\n", kind.kind, name_of(*object), notes,
                         api::to_json((*object)["spec"]), api::to_json((*object)["data"]));
    }
  }
  std::multiset<std::string> pods;
  for (const Object& pod : server_.all(kube::kPods)) {
    if (is_muster_pod(*pod)) continue;
    pods.insert(fmt::format("Pod {} {}", api::to_json((*pod)["metadata"]["labels"]),
                            (*pod)["metadata"]["ownerReferences"].size()));
  }
  for (const std::string& pod : pods) out += pod + "\n";
  return out;
}

void Laws::end_of(const Node& object) {
  const auto drill = cluster::parse_drill(api::to_json(object));
  const std::string& name = drill->key.name;
  if (drill->has_finalizer) violated("drill " + name + " keeps its finalizer");
  if (drill->deleting) violated("drill " + name + " is still being deleted");
  if (!drill->finished()) {
    violated(fmt::format("drill {} is not finished: {}", name, drill->phase()));
    return;
  }
  if (drill->status["verdict"].as_string().empty()) violated("drill " + name + " has no verdict");
  const Node* undone = cluster::condition_of(drill->status["conditions"], "Undone");
  if (undone == nullptr || (*undone)["status"].as_string() != "True") {
    violated("drill " + name + " does not say that it is undone");
  }
}

void Laws::all_undone() {
  for (const std::string& what : in_force_) {
    violated(what + ": long after the deadline of the fault");
  }
}

void Laws::end() {
  made_by(nullptr);
  for (const Object& drill : server_.all(cluster::kDrills)) end_of(*drill);
  const std::string now = world();
  if (now == before_) return;
  const auto differ = std::mismatch(before_.begin(), before_.end(), now.begin(), now.end());
  const auto line = [](const std::string& text, auto place) {
    const auto index = static_cast<std::size_t>(place - text.begin());
    const std::size_t begin = index == 0 ? 0 : text.rfind('\n', index - 1) + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  violated(fmt::format("a fault is left: was '{}', is '{}'", line(before_, differ.first),
                       line(now, differ.second)));
}

}  // namespace op
