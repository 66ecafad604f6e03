#include "api/cross_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/text.h"
#include "api/validate.h"
#include "api/walk.h"

namespace api {
namespace {

using Names = FieldSpec::Names;

template <class Specs>
std::vector<std::string> names_of(const Specs& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  return names;
}

struct Known {
  const char* what;
  std::vector<std::string> names;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Checker {
 public:
  Checker(const RecoveryPlan& plan, const std::string& file, const LocalSystem& system,
          const ActionCatalog& catalog, CrossCheck& out)
      : plan_(plan),
        spec_(plan.normalized["spec"]),
        system_(system),
        catalog_(catalog),
        problems_(catalog, file, out.problems),
        warnings_(catalog, file, out.warnings) {
    placeholders();
  }

  void names() {
    static const std::set<std::string> kActs = {"fault",    "faults", "probes", "recovery",
                                                "failback", "guard",  "load"};
    for (const FieldSpec& part : plan_fields().fields.back().fields) {
      if (!kActs.contains(part.name) || !spec_.has(part.name)) continue;
      const FieldSpec only{.type = FieldType::Object, .fields = {part}};
      walk_texts(spec_, only, catalog_, "spec",
                 [this](const Node& text, const FieldSpec& row, const std::string& path) {
                   name(text, row, path);
                 });
    }
  }

  void roles() {
    std::vector<std::string> all;
    for (const Names kind : {Names::Process, Names::Instance, Names::Service, Names::RelayOrPeer}) {
      for (const std::string& one : known(kind).names) {
        if (!contains(all, one)) all.push_back(one);
      }
    }
    for (const Entry& entry : spec_["roles"].entries()) {
      if (contains(all, entry.value.as_string())) continue;
      problems_.complain(entry.value.mark, "spec.roles." + entry.key,
                         not_there(entry.value, {"process, instance, service or relay", all}));
    }
    if (const auto service = plan_.roles.find("service");
        service != plan_.roles.end() && system_.service(service->second) == nullptr) {
      problems_.complain(spec_["roles"]["service"].mark, "spec.roles.service",
                         not_there(spec_["roles"]["service"], known(Names::Service)));
    }
  }

  void parameters() {
    const std::vector<std::string> names = names_of(system_.parameters);
    for (const Entry& entry : spec_["target"]["local"]["parameters"].entries()) {
      if (contains(names, entry.key)) continue;
      problems_.complain(entry.mark, "spec.target.local.parameters." + entry.key,
                         not_there(Node(entry.key), {"parameter of the system", names}));
    }
  }

  void blast_radius() {
    std::set<std::string> touched;
    for (const char* part : {"fault", "faults"}) {
      if (!spec_.has(part)) continue;
      for (const FieldSpec& row : plan_fields().fields.back().fields) {
        if (row.name != part) continue;
        FieldSpec actions_only = row;
        actions_only.fields.clear();  // the proof touches nothing
        const FieldSpec only{.type = FieldType::Object, .fields = {std::move(actions_only)}};
        walk_texts(spec_, only, catalog_, "spec",
                   [&](const Node& text, const FieldSpec& field, const std::string&) {
                     if (field.names == Names::Nothing) return;
                     touched.insert(substitute(text.as_string(), known_).value_or(std::string()));
                   });
      }
    }
    if (static_cast<std::int64_t>(touched.size()) <= plan_.guard.max_targets) return;
    problems_.complain(
        spec_["guard"]["maxTargets"].mark, "spec.guard.maxTargets",
        fmt::format("{} is less than what the faults touch ({})", plan_.guard.max_targets,
                    join({touched.begin(), touched.end()})));
  }

  void warn() {
    const std::int64_t rto = plan_.objectives.rto_seconds * 1'000;
    std::int64_t steps = 0;
    for (const Step& step : plan_.recovery) steps += step.target_millis;
    if (steps > rto) {
      warnings_.complain(spec_["recovery"].mark, "spec.recovery",
                         fmt::format("the targets of the steps sum to {} s, the RTO objective is "
                                     "{} s",
                                     steps / 1'000, rto / 1'000));
    }
    const PhaseTargets& targets = plan_.phase_targets;
    const std::int64_t phases = targets.detected_millis + targets.decided_millis +
                                targets.promoted_millis + targets.redirected_millis +
                                targets.sustained_millis;
    if (phases > rto) {
      warnings_.complain(spec_["phaseTargets"].mark, "spec.phaseTargets",
                         fmt::format("the targets of the phases sum to {} s, the RTO objective is "
                                     "{} s",
                                     phases / 1'000, rto / 1'000));
    }
    const Timing& timing = plan_.timing;
    const std::int64_t least =
        timing.baseline_seconds + timing.hold_seconds + timing.validation_seconds;
    if (least + plan_.objectives.rto_seconds > timing.deadline_seconds) {
      warnings_.complain(spec_["timing"]["deadlineSeconds"].mark, "spec.timing.deadlineSeconds",
                         fmt::format("{} leaves less than the RTO objective for the recovery: the "
                                     "other phases take {} s",
                                     timing.deadline_seconds, least));
    }
    if (!plan_.load && !(plan_.degraded.empty() && plan_.validation.empty())) {
      warnings_.complain(spec_["criteria"].mark, "spec.criteria",
                         "the plan has no load: criteria that need one are missed");
    }
  }

 private:
  void placeholders() {
    known_ = {{"dir", "/"}, {"home", "/"}};
    for (const std::string& port : system_.ports) known_["port." + port] = "1";
    for (const SystemParameter& one : system_.parameters) known_["param." + one.name] = "1";
    for (const InstanceSpec& one : system_.instances) known_["address." + one.name] = "localhost:1";
    for (const ServiceSpec& one : system_.services) known_["address." + one.name] = "localhost:1";
    for (const auto& [role, value] : plan_.roles) known_[role] = value;
  }

  Known known(Names kind) const {
    switch (kind) {
      case Names::Process: return {"process", names_of(system_.processes)};
      case Names::Instance: return {"instance", names_of(system_.instances)};
      case Names::Service: return {"service", names_of(system_.services)};
      case Names::Relay: return {"relay", names_of(system_.relays)};
      case Names::Probe: return {"probe", names_of(plan_.probes)};
      case Names::RelayOrPeer: break;
      case Names::Nothing: return {"", {}};
    }
    std::vector<std::string> names = names_of(system_.relays);
    for (const RelaySpec& relay : system_.relays) {
      for (const std::string& peer : relay.between) {
        if (!contains(names, peer)) names.push_back(peer);
      }
    }
    return {"relay or peer of one", std::move(names)};
  }

  static std::string not_there(const Node& text, const Known& known) {
    const std::string meant = nearest(text.as_string(), known.names);
    return fmt::format("{} names no {}: {}{} allowed", brief_value(text), known.what,
                       meant.empty() ? "" : fmt::format("did you mean '{}'? ", meant),
                       known.names.empty() ? "none is" : join(known.names) + " are");
  }

  void name(const Node& text, const FieldSpec& row, const std::string& path) {
    auto filled = substitute(text.as_string(), known_);
    if (!filled) {
      problems_.complain(text.mark, path, filled.error().message);
      return;
    }
    if (row.names == Names::Nothing) return;
    const Known names = known(row.names);
    if (contains(names.names, *filled)) return;
    std::string message = not_there(Node(*filled), names);
    if (*filled != text.as_string()) {
      message = fmt::format("{} is {}", brief_value(text), message);
    }
    problems_.complain(text.mark, path, std::move(message));
  }

  const RecoveryPlan& plan_;
  const Node& spec_;
  const LocalSystem& system_;
  const ActionCatalog& catalog_;
  Validator problems_;
  Validator warnings_;
  Substitutions known_;
};

}  // namespace

CrossCheck cross_check(const RecoveryPlan& plan, const std::string& file, const LocalSystem& system,
                       const ActionCatalog& catalog) {
  CrossCheck out;
  Checker checker(plan, file, system, catalog, out);
  checker.names();
  checker.roles();
  checker.parameters();
  checker.blast_radius();
  checker.warn();
  return out;
}

}  // namespace api
