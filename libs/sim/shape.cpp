#include "sim/shape.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "sim/target.h"

namespace sim {
namespace {

constexpr std::array kVerbs = {
    "None",         "Kill",          "Suspend",   "Continue",  "Start",        "Stop",
    "Cut",          "Heal",          "Add",       "Remove",    "Only",         "Routes",
    "Promote",      "Rejoin",        "Serve",     "Destroy",   "Return",       "Lay",
    "Clear",        "Set",           "Unset",     "AwaitBad",  "AwaitGood",    "AwaitPrimary",
    "AwaitStandby", "AwaitCaughtUp", "AwaitDown", "AwaitGone", "AwaitRunning", "AwaitSuspended",
    "AwaitNothing"};

/// The number of a name, which is added where it is new.
std::uint32_t number_of(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto at = static_cast<std::uint32_t>(found - names.begin());
  if (found == names.end()) names.push_back(name);
  return at;
}

template <class Named>
std::uint32_t index_of(const std::vector<Named>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  CHECK(found != all.end());  // the plan was checked against its system
  return static_cast<std::uint32_t>(found - all.begin());
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

class Builder {
 public:
  Builder(const api::RecoveryPlan& plan, const api::LocalSystem& system, Shape& shape)
      : plan_(plan), system_(system), shape_(shape), layout_(shape.layout) {}

  void run() {
    lay_out();
    // Undos first: a command may be put back by a later one, with the words of its undo.
    for (const api::Fault& fault : plan_.faults) note_undo(fault.action);
    for (const api::Step& step : plan_.recovery) note_undo(step.action);
    for (const api::Fault& fault : plan_.faults) shape_.faults.push_back(part(fault.action, {}));
    for (const api::Step& step : plan_.recovery) {
      shape_.steps.push_back(part(step.action, step.undo));
    }
    for (const api::Step& step : plan_.failback) {
      shape_.failback.push_back(part(step.action, step.undo));
    }
    first_state();
  }

 private:
  void lay_out() {
    for (const api::ProcessSpec& spec : system_.processes) {
      Layout::Process process{spec.name, {number_of(layout_.roots, spec.pid_file)}};
      for (const std::string& also : spec.also_pid_files) {
        process.roots.push_back(number_of(layout_.roots, also));
      }
      std::sort(process.roots.begin(), process.roots.end());
      layout_.processes.push_back(std::move(process));
    }
    std::set<std::string> isolated;
    for (const api::ProcessSpec& spec : system_.processes) {
      if (spec.isolated) isolated.insert(spec.isolated->instance);
    }
    for (const api::InstanceSpec& spec : system_.instances) {
      if (!isolated.contains(spec.name)) lay_out(spec);
    }
    layout_.automatic = plan_.mode == api::FailoverMode::Observe;
  }

  void lay_out(const api::InstanceSpec& spec) {
    Layout::Instance instance;
    instance.name = spec.name;
    instance.database = spec.postgres.has_value();
    instance.link = number_of(layout_.links, spec.name);
    if (!spec.process.empty()) {
      instance.roots = layout_.processes[index_of(layout_.processes, spec.process)].roots;
    }
    std::set<std::uint32_t> node(instance.roots.begin(), instance.roots.end());
    for (const Layout::Process& other : layout_.processes) {
      const bool holds = std::includes(other.roots.begin(), other.roots.end(),
                                       instance.roots.begin(), instance.roots.end());
      if (holds && !instance.roots.empty()) node.insert(other.roots.begin(), other.roots.end());
    }
    instance.node.assign(node.begin(), node.end());
    layout_.instances.push_back(std::move(instance));
  }

  void note_undo(const api::Action& action) {
    if (action.kind != "command") return;
    const auto undo = action.params["undo"].as_strings();
    if (!undo.empty()) undone_by_[undo] = action.params["argv"].as_strings();
  }

  Part part(const api::Action& action, const std::optional<api::Action>& undo) {
    Part out{deed(action), {}};
    if (undo) {
      out.undo = deed(*undo);
    } else if (action.kind == "command") {
      const auto words = action.params["undo"].as_strings();
      out.undo = words.empty() ? Deed{} : command(words);
    } else if (out.deed.verb == Verb::Set) {
      out.undo = Deed{Verb::Unset, out.deed.object, 0};  // what has its own undo, such as a lease
    }
    return out;
  }

  Deed deed(const api::Action& action) {
    const api::Node& params = action.params;
    if (action.kind == api::kWaitFor) return await(api::one_of(params));
    if (action.kind == api::kApproval) return {};
    if (action.kind == "command") return command(params["argv"].as_strings());
    if (action.kind == "route") return route(params);
    if (action.kind == "process" || action.kind == "stopProcess" || action.kind == "startProcess") {
      const std::uint32_t process = index_of(layout_.processes, params["name"].as_string());
      if (action.kind == "startProcess") return {Verb::Start, process, 0};
      if (action.kind == "stopProcess") return {Verb::Stop, process, 0};
      const bool stop = params["signal"].as_string() == "STOP";
      return {stop ? Verb::Suspend : Verb::Kill, process, 0};
    }
    if (action.kind == "network") {
      const std::string& peer = params["peer"].as_string();
      const std::string& link = peer.empty() ? params["relay"].as_string() : peer;
      return {Verb::Cut, number_of(layout_.links, link), 0};
    }
    if (action.kind == "sql" && params["statement"].as_string().find("pg_promote") != npos) {
      return {Verb::Promote, index_of(layout_.instances, params["instance"].as_string()), 0};
    }
    return {Verb::Set, number_of(layout_.switches, action.kind + " " + api::to_json(params)), 0};
  }

  Deed route(const api::Node& params) {
    const std::string& name = params["service"].as_string();
    auto found = std::find_if(layout_.services.begin(), layout_.services.end(),
                              [&](const Layout::Service& one) { return one.name == name; });
    if (found == layout_.services.end()) {
      layout_.services.push_back({name, {}});
      found = layout_.services.end() - 1;
    }
    const auto service = static_cast<std::uint32_t>(found - layout_.services.begin());
    for (const auto& [key, verb] : {std::pair("to", Verb::Only), std::pair("add", Verb::Add),
                                    std::pair("remove", Verb::Remove)}) {
      if (params[key].as_string().empty()) continue;
      const std::uint32_t instance = index_of(layout_.instances, params[key].as_string());
      auto& servers = found->servers;
      const auto server = std::find(servers.begin(), servers.end(), instance);
      const auto at = static_cast<std::uint32_t>(server - servers.begin());
      if (server == servers.end()) servers.push_back(instance);
      CHECK(at < 32);
      return {verb, service, at};
    }
    return {};
  }

  /// A sidecar's number is that of the server behind it; the other words of its script only look.
  Deed sidecar_command(const std::vector<std::string>& argv) const {
    if (argv.size() < 3 || argv[1] != "serve") return {};
    return {Verb::Serve, index_of(layout_.instances, "app" + argv[2].substr(argv[2].size() - 1)),
            0};
  }

  Deed command(const std::vector<std::string>& argv) {
    if (base_name(argv.front()) == "sidecar.sh") return sidecar_command(argv);
    const auto instance =
        std::find_if(layout_.instances.begin(), layout_.instances.end(),
                     [&](const Layout::Instance& one) { return one.name == argv.back(); });
    const auto at = static_cast<std::uint32_t>(instance - layout_.instances.begin());
    if (instance != layout_.instances.end()) {
      static const std::map<std::string, Verb> kKnown = {
          {"rejoin.sh", Verb::Rejoin},      {"app.sh serve", Verb::Serve},
          {"site.sh serve", Verb::Serve},   {"disk.sh destroy", Verb::Destroy},
          {"disk.sh return", Verb::Return}, {"restore.sh lay", Verb::Lay},
          {"restore.sh clear", Verb::Clear}};
      std::string words = base_name(argv.front());
      for (std::size_t i = 1; i + 1 < argv.size(); ++i) words += " " + argv[i];
      const auto known = kKnown.find(words);
      if (known != kKnown.end()) return {known->second, at, 0};
    }
    const auto undone = undone_by_.find(argv);
    const bool undo = undone != undone_by_.end();
    const auto& words = undo ? undone->second : argv;
    return {undo ? Verb::Unset : Verb::Set,
            number_of(layout_.switches, fmt::format("{}", fmt::join(words, " "))), 0};
  }

  Deed await(const api::Action& condition) {
    const std::string& state = condition.params["state"].as_string();
    if (condition.kind == "probe") {
      return {state == "Good" ? Verb::AwaitGood : Verb::AwaitBad, 0, 0};
    }
    if (condition.kind == "postgres") {
      static const std::map<std::string, Verb> kStates = {{"Primary", Verb::AwaitPrimary},
                                                          {"Standby", Verb::AwaitStandby},
                                                          {"CaughtUp", Verb::AwaitCaughtUp},
                                                          {"Down", Verb::AwaitDown}};
      const auto found = kStates.find(state);
      if (found == kStates.end()) return {Verb::AwaitNothing, 0, 0};
      return {found->second, index_of(layout_.instances, condition.params["instance"].as_string()),
              0};
    }
    if (condition.kind == "process") {
      const Verb verb = state == "Gone"      ? Verb::AwaitGone
                        : state == "Running" ? Verb::AwaitRunning
                                             : Verb::AwaitSuspended;
      return {verb, index_of(layout_.processes, condition.params["name"].as_string()), 0};
    }
    return {Verb::AwaitNothing, 0, 0};
  }

  /// What the recovery starts or adds was not there before, unless a fault took it away.
  void first_state() {
    State& first = shape_.first;
    first.roots.resize(layout_.roots.size());
    first.instances.resize(layout_.instances.size());
    first.cut.resize(layout_.links.size());
    first.set.resize(layout_.switches.size());
    first.ready.resize(layout_.services.size());
    for (std::size_t i = 0; i < layout_.services.size(); ++i) {
      first.ready[i] = (1U << layout_.services[i].servers.size()) - 1;
    }
    std::set<std::uint32_t> hit;
    for (const Part& fault : shape_.faults) {
      if (is_process(fault.deed)) hit.insert(fault.deed.object);
    }
    std::set<std::pair<std::uint32_t, std::uint32_t>> removed;
    for (const Part& step : shape_.steps) {
      const Deed& deed = step.deed;
      if (deed.verb == Verb::Start && !hit.contains(deed.object)) {
        for (const std::uint32_t root : layout_.processes[deed.object].roots) {
          first.roots[root].running = false;
        }
      }
      if (deed.verb == Verb::Remove) removed.emplace(deed.object, deed.servers);
      const bool comes = deed.verb == Verb::Add || deed.verb == Verb::Only;
      if (comes && !removed.contains({deed.object, deed.servers})) {
        first.ready[deed.object] &= ~(1U << deed.servers);
      }
      if (deed.verb == Verb::Lay) first.instances[deed.object].data = false;
    }
    first_roles();
  }

  static bool is_process(const Deed& deed) {
    return deed.verb == Verb::Kill || deed.verb == Verb::Stop || deed.verb == Verb::Suspend;
  }

  void first_roles() {
    const auto role = plan_.roles.find("primary");
    const std::string named = role == plan_.roles.end() ? "" : role->second;
    State::Instance* primary = nullptr;
    for (std::size_t i = 0; i < layout_.instances.size(); ++i) {
      const Layout::Instance& instance = layout_.instances[i];
      if (!instance.database) continue;
      State::Instance& state = shape_.first.instances[i];
      const bool runs = std::all_of(instance.roots.begin(), instance.roots.end(),
                                    [this](auto r) { return shape_.first.roots[r].running; });
      state.following = runs && state.data;
      if (instance.name == named || primary == nullptr) primary = &state;
    }
    if (primary == nullptr) return;
    primary->primary = true;
    primary->following = false;
  }

  static constexpr auto npos = std::string::npos;
  const api::RecoveryPlan& plan_;
  const api::LocalSystem& system_;
  Shape& shape_;
  Layout& layout_;
  std::map<std::vector<std::string>, std::vector<std::string>> undone_by_;
};

void set_times(drill::EngineConfig& config) {
  drill::EngineTiming& timing = config.timing = {};
  timing.baseline = base::seconds(10);
  timing.hold = base::seconds(3);
  timing.recovery = base::seconds(90);
  timing.validation = base::seconds(5);
  timing.overall = base::seconds(300);
  timing.redundancy = base::seconds(30);
  for (auto* parts : {&config.faults, &config.steps, &config.failback}) {
    for (drill::PartConfig& part : *parts) part.timeout = base::seconds(20);
  }
}

/// Goes through the plan once, without an engine: where nothing goes wrong.
class Walk {
 public:
  explicit Walk(Shape& shape) : shape_(shape), target_(shape, {}) {}

  void run() {
    shape_.wrong.clear();
    for (const Part& fault : shape_.faults) {
      keep_undo(fault);
      perform(fault.deed);
    }
    target_.fail_over_by_itself();
    for (const Part& step : shape_.steps) {
      keep_undo(step);
      if (!is_wait(step.deed)) perform(step.deed);
    }
    shape_.served = target_.state();
    undo(drill::Undo::Always);
    if (target_.taken_over() || shape_.config.failback_always) {
      for (const Part& step : shape_.failback) {
        if (!is_wait(step.deed)) perform(step.deed);
      }
    }
    if (!target_.taken_over()) undo(drill::Undo::IfNotPromoted);
    shape_.last = target_.state();
  }

 private:
  void keep_undo(const Part& part) {
    undos_.push_back(part.undo.value_or(target_.undo_of(part.deed)));
  }

  void perform(const Deed& deed) {
    if (target_.perform(deed) || !shape_.wrong.empty()) return;
    shape_.wrong = fmt::format("{}: fails", to_string(deed));
  }

  void undo(drill::Undo rule) {
    const std::size_t faults = shape_.faults.size();
    for (std::size_t i = undos_.size(); i-- > 0;) {
      const auto& config = i < faults ? shape_.config.faults[i] : shape_.config.steps[i - faults];
      if (config.undo == rule) perform(undos_[i]);
    }
  }

  Shape& shape_;
  Target target_;
  std::vector<Deed> undos_;
};

}  // namespace

std::string to_string(const Deed& deed) {
  return fmt::format("{} {} {}", kVerbs[static_cast<std::size_t>(deed.verb)], deed.object,
                     deed.servers);
}

bool parse(const std::string& text, Deed& deed) {
  std::array<char, 32> verb{};
  if (std::sscanf(text.c_str(), "%31s %u %u", verb.data(), &deed.object, &deed.servers) != 3) {
    return false;
  }
  const auto* found = std::find(kVerbs.begin(), kVerbs.end(), std::string_view(verb.data()));
  deed.verb = static_cast<Verb>(found - kVerbs.begin());
  return found != kVerbs.end();
}

bool is_wait(const Deed& deed) {
  return deed.verb >= Verb::AwaitBad;
}

const Part& Shape::part(drill::PartId id) const {
  const auto& list = id.kind == drill::PartId::Kind::Fault  ? faults
                     : id.kind == drill::PartId::Kind::Step ? steps
                                                            : failback;
  return list.at(id.index);
}

Shape shape_of(const api::RecoveryPlan& plan, const api::LocalSystem& system,
               drill::EngineConfig config) {
  Shape shape;
  shape.name = plan.name;
  shape.config = std::move(config);
  set_times(shape.config);
  Builder(plan, system, shape).run();
  Walk(shape).run();
  return shape;
}

Shape suspended(Shape shape) {
  shape.name += " (suspended)";
  for (Part& fault : shape.faults) {
    if (fault.deed.verb == Verb::Kill) fault.deed.verb = Verb::Suspend;
  }
  Walk(shape).run();
  return shape;
}

}  // namespace sim
