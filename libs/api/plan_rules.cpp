#include "api/plan_rules.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/text.h"

namespace api {
namespace {

class Rules {
 public:
  Rules(const RecoveryPlan& plan, Validator& validator)
      : plan_(plan), spec_(plan.normalized["spec"]), validator_(validator) {}

  void timing() {
    const Timing& timing = plan_.timing;
    if (timing.baseline_seconds < timing.hold_seconds) {
      complain(spec_["timing"]["baselineSeconds"], "spec.timing.baselineSeconds",
               fmt::format("{} is less than holdSeconds ({}): a steady state of at least that is "
                           "needed before the fault",
                           timing.baseline_seconds, timing.hold_seconds));
    }
    if (timing.deadline_seconds <= timing.baseline_seconds + timing.hold_seconds) {
      complain(spec_["timing"]["deadlineSeconds"], "spec.timing.deadlineSeconds",
               fmt::format("{} is too early: more than baselineSeconds + holdSeconds ({}) is "
                           "allowed",
                           timing.deadline_seconds, timing.baseline_seconds + timing.hold_seconds));
    }
  }

  void load() {
    if (!plan_.load) return;
    const Node& node = spec_["load"];
    std::int64_t sum = 0;
    for (const LoadOperation& operation : plan_.load->mix) sum += operation.share;
    if (sum != 100) {
      complain(node["mix"], "spec.load.mix",
               fmt::format("the shares sum to {}: a sum of 100 is allowed", sum));
    }
    if (!plan_.load->probe.empty()) probe_named(node["probe"], "spec.load.probe");
    static const std::set<std::string> kBuiltIn = {"read", "write", "heavy"};
    for (const Node& item : node["mix"].items()) {
      const std::string& name = item["name"].as_string();
      if (!kBuiltIn.contains(name) && item["statement"].as_string().empty()) {
        complain(item["name"], fmt::format("spec.load.mix[{}]", name),
                 "has no statement: only read, write and heavy have one of their own");
      }
    }
  }

  void criteria(const char* list) {
    std::set<std::string> seen;
    std::size_t index = 0;
    for (const Node& node : spec_["criteria"][list].items()) {
      const std::string path = fmt::format("spec.criteria.{}[{}]", list, index++);
      criterion(node, path);
      const std::string key =
          fmt::format("{}/{}/{}", node["metric"].as_string(), node["statistic"].as_string(),
                      node["operation"].as_string());
      if (!seen.insert(key).second) {
        complain(node["metric"], path, brief_value(node["metric"]) + " is judged twice");
      }
    }
  }

  void streams() {
    std::size_t index = 0;
    for (const Node& node : spec_["objectives"]["decidedBy"].items()) {
      const std::string path = fmt::format("spec.objectives.decidedBy[{}]", index++);
      const auto [probe, stream] = split_stream(node.as_string());
      const auto found = std::find_if(plan_.probes.begin(), plan_.probes.end(),
                                      [&](const ProbeSpec& p) { return p.name == probe; });
      if (stream.empty()) {
        complain(node, path,
                 brief_value(node) +
                     " is not allowed: PROBE/STREAM is, with a stream of A, B, C, "
                     "D, R, W");
      } else if (found == plan_.probes.end()) {
        complain(
            node, path,
            fmt::format("there is no probe '{}': {} are allowed", brief(probe), join(probes())));
      } else if (found->control) {
        complain(node, path, "a control probe decides nothing");
      }
    }
    if (std::all_of(plan_.probes.begin(), plan_.probes.end(),
                    [](const ProbeSpec& probe) { return probe.control; })) {
      complain(spec_["probes"], "spec.probes", "all are controls: one must observe the target");
    }
  }

  void steps() {
    std::set<std::string> seen;
    for (const char* list : {"recovery", "failback"}) {
      for (const Node& node : spec_[list].items()) {
        const std::string path = fmt::format("spec.{}[{}]", list, node["name"].as_string());
        if (!seen.insert(node["name"].as_string()).second) {
          complain(node["name"], path, "stands there twice: every step has its own name");
        }
        if (node["forwardOnly"].as_bool() && node.has("undo")) {
          complain(node["undo"], path + ".undo", "is not allowed beside forwardOnly");
        }
      }
    }
  }

  void mode() {
    if (plan_.mode == FailoverMode::Orchestrate && plan_.recovery.empty()) {
      complain(spec_, "spec.recovery",
               "is missing: a plan that orchestrates has at least one step (Observe needs none)");
    }
    if (plan_.mode == FailoverMode::Orchestrate) return;
    for (const Node& node : spec_["recovery"].items()) {
      if (!node.has("waitFor")) {
        complain(node, fmt::format("spec.recovery[{}]", node["name"].as_string()),
                 "changes the target: a plan that observes may only hold waitFor steps");
      }
    }
  }

  void faults() {
    std::set<std::string> seen;
    for (const Fault& fault : plan_.faults) {
      if (!seen.insert(fault.name).second) {
        complain(spec_["faults"], "spec.faults", fault.name + " stands there twice");
      }
    }
  }

  void roles() {
    for (const Entry& entry : spec_["roles"].entries()) {
      const std::string path = "spec.roles." + brief(std::string_view(entry.key));
      if (!has_form(entry.key, Form::Word) || entry.key.find_first_of(".{") != std::string::npos) {
        validator_.complain(entry.mark, path,
                            "is no role: a word of letters, digits, '_' and '-' is allowed");
      } else if (entry.key == "dir" || entry.key == "home") {
        validator_.complain(entry.mark, path, "is a placeholder of the system: take another name");
      } else if (entry.value.as_string().find('{') != std::string::npos) {
        validator_.complain(entry.value.mark, path, "a name is allowed, no placeholder");
      }
    }
  }

 private:
  void complain(const Node& node, const std::string& path, std::string message) {
    validator_.complain(node.mark, path, std::move(message));
  }

  std::vector<std::string> probes() const {
    std::vector<std::string> names;
    for (const ProbeSpec& probe : plan_.probes) names.push_back(probe.name);
    return names;
  }

  void probe_named(const Node& node, const std::string& path) {
    const std::vector<std::string> known = probes();
    if (std::find(known.begin(), known.end(), node.as_string()) != known.end()) return;
    complain(node, path,
             fmt::format("{} names no probe: {} are allowed", brief_value(node), join(known)));
  }

  void criterion(const Node& node, const std::string& path) {
    const std::string& name = node["metric"].as_string();
    const auto info = std::find_if(metrics().begin(), metrics().end(),
                                   [&](const MetricInfo& metric) { return name == metric.name; });
    if (info == metrics().end()) return;  // the table has said so
    const char* right = info->at_most ? "atMost" : "atLeast";
    if (!node.has(right)) {
      complain(node, path, fmt::format("{} is judged by {}", name, right));
    } else if (decimal(node[right]) > static_cast<double>(info->maximum)) {
      complain(node[right], fmt::format("{}.{}", path, right),
               fmt::format("{} is out of range: 0 to {} is allowed", brief_value(node[right]),
                           info->maximum));
    }
    if (node.has("statistic") && !info->has_statistic) {
      complain(node["statistic"], path + ".statistic", "only latencies have a statistic");
    }
    operation(node["operation"], *info, path + ".operation");
  }

  void operation(const Node& node, const MetricInfo& info, const std::string& path) {
    if (node.is_null()) return;
    std::vector<std::string> known;
    if (plan_.load) {
      for (const LoadOperation& operation : plan_.load->mix) known.push_back(operation.name);
    }
    if (!info.has_statistic) {
      complain(node, path, "only latencies are judged by operation");
    } else if (std::find(known.begin(), known.end(), node.as_string()) == known.end()) {
      complain(node, path,
               fmt::format("{} is not in load.mix: {} allowed", brief_value(node),
                           known.empty() ? "none is" : join(known) + " are"));
    }
  }

  const RecoveryPlan& plan_;
  const Node& spec_;
  Validator& validator_;
};

}  // namespace

std::pair<std::string, std::string> split_stream(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string stream = name.substr(slash + 1);
  const bool letter =
      !stream.empty() && std::string_view("ABCDRW").find(stream.front()) != std::string_view::npos;
  const bool pinned = stream.size() > 2 && stream[1] == '/';
  if (!letter || (stream.size() > 1 && !pinned)) return {};
  return {name.substr(0, slash), stream};
}

void check_rules(const RecoveryPlan& plan, Validator& validator) {
  Rules rules(plan, validator);
  rules.timing();
  rules.load();
  rules.criteria("degraded");
  rules.criteria("validation");
  rules.streams();
  rules.steps();
  rules.mode();
  rules.faults();
  rules.roles();
}

const std::vector<MetricInfo>& metrics() {
  static constexpr std::int64_t kPercent = 100;
  static constexpr std::int64_t kMany = 1'000'000'000;
  static const std::vector<MetricInfo> kMetrics = {
      {"ApiResponseMillis", true, true, kMany,
       "A user's whole operation from its intended start, waiting for a connection included."},
      {"QueryMillis", true, true, kMany, "From sending a statement to its result."},
      {"RenderMillis", true, true, kMany, "Render times, where the application reports them."},
      {"Users", false, false, kMany, "Different users with a good operation."},
      {"RequestsPerSecond", false, false, kMany, "What the capacity stream of reads got through."},
      {"SatisfactionPercent", false, false, kPercent,
       "100 × Apdex; T is the validation target of ApiResponseMillis."},
      {"ErrorPercent", true, false, kPercent, "Share of the users' operations that failed."},
      {"ConsistencyPercent", false, false, kPercent,
       "Share of the acknowledged writes before the recovery point that are there, once and "
       "intact."},
      {"SessionContinuityPercent", false, false, kPercent, "Share of sessions that went on."},
      {"FeaturePercent", false, false, kPercent, "Share of the features that work."},
      {"PerformanceRecoveryPercent", false, false, 1'000,
       "Throughput after the recovery against the baseline."},
  };
  return kMetrics;
}

}  // namespace api
