// The status of a Drill to and from the tree that the API server keeps.
#include "api/drill_resource.h"
#include "api/time_text.h"

namespace api {
namespace {

std::optional<std::int64_t> number_of(const Node& node) {
  if (!node.is_int()) return std::nullopt;
  return node.as_int();
}

StatusCondition read_condition(const Node& node) {
  StatusCondition out;
  out.type = node["type"].as_string();
  out.status = node["status"].as_string();
  out.reason = node["reason"].as_string();
  out.message = node["message"].as_string();
  out.last_transition =
      parse_time(node["lastTransitionTime"].as_string()).value_or(out.last_transition);
  out.observed_generation = node["observedGeneration"].as_int();
  return out;
}

ObjectiveStatus read_objective(const Node& node) {
  return {number_of(node["objectiveSeconds"]), number_of(node["lowerMillis"]),
          number_of(node["upperMillis"]),      number_of(node["lostWrites"]),
          node["display"].as_string(),         node["verdict"].as_string()};
}

/// Sets what is there; an empty text, list or map is not.
class Writer {
 public:
  Writer& text(const char* name, const std::string& value) {
    if (!value.empty()) node_.set(name, value);
    return *this;
  }
  Writer& number(const char* name, std::optional<std::int64_t> value) {
    if (value) node_.set(name, *value);
    return *this;
  }
  Writer& time(const char* name, std::optional<base::WallTime> value) {
    if (value) node_.set(name, time_text(*value));
    return *this;
  }
  Writer& micro_time(const char* name, std::optional<base::WallTime> value) {
    if (value) node_.set(name, micro_time_text(*value));
    return *this;
  }
  Writer& words(const char* name, const std::vector<std::string>& value) {
    if (!value.empty()) node_.set(name, Node::strings(value));
    return *this;
  }
  Writer& tree(const char* name, Node value) {
    if (value.size() > 0) node_.set(name, std::move(value));
    return *this;
  }
  Node take() { return std::move(node_); }

 private:
  Node node_ = Node::map();
};

Node to_node(const StatusCondition& condition) {
  return Writer()
      .text("type", condition.type)
      .text("status", condition.status)
      .text("reason", condition.reason)
      .text("message", condition.message)
      .time("lastTransitionTime", condition.last_transition)
      .number("observedGeneration", condition.observed_generation)
      .take();
}

Node to_node(const ObjectiveStatus& objective) {
  return Writer()
      .number("objectiveSeconds", objective.objective_seconds)
      .number("lowerMillis", objective.lower_millis)
      .number("upperMillis", objective.upper_millis)
      .number("lostWrites", objective.lost_writes)
      .text("display", objective.display)
      .text("verdict", objective.verdict)
      .take();
}

}  // namespace

DrillStatus read_drill_status(const Node& status) {
  DrillStatus out;
  out.observed_generation = status["observedGeneration"].as_int();
  for (const Node& item : status["conditions"].items()) {
    out.conditions.push_back(read_condition(item));
  }
  out.phase = status["phase"].as_string();
  out.state = status["state"].as_string();
  out.id = status["id"].as_string();
  out.plan = status["plan"];
  out.started = parse_time(status["startTime"].as_string());
  out.faulted = parse_time(status["faultTime"].as_string());
  out.completed = parse_time(status["completionTime"].as_string());
  out.verdict = status["verdict"].as_string();
  out.reason = status["reason"].as_string();
  out.rto = read_objective(status["rto"]);
  out.rpo = read_objective(status["rpo"]);
  out.violations = status["violations"].as_strings();
  out.recommendations = status["recommendations"].as_strings();
  const Node& evidence = status["evidence"];
  out.evidence = {evidence["kind"].as_string(), evidence["name"].as_string(),
                  evidence["path"].as_string()};
  const Node& runner = status["runner"];
  out.runner = {runner["pod"].as_string(), runner["node"].as_string(), runner["uid"].as_string(),
                parse_time(runner["heartbeatTime"].as_string())};
  out.guardian = {status["guardian"]["pod"].as_string(), status["guardian"]["node"].as_string()};
  out.journal = status["journal"].as_string();
  out.fault_deadline = parse_time(status["faultDeadline"].as_string());
  out.problems = status["problems"].as_strings();
  return out;
}

Node to_node(const DrillStatus& status) {
  Node conditions = Node::sequence();
  for (const StatusCondition& one : status.conditions) conditions.push(to_node(one));
  Writer out;
  if (status.observed_generation > 0) out.number("observedGeneration", status.observed_generation);
  out.tree("conditions", conditions)
      .text("phase", status.phase)
      .text("state", status.state)
      .text("id", status.id)
      .tree("plan", status.plan)
      .time("startTime", status.started)
      .micro_time("faultTime", status.faulted)
      .time("completionTime", status.completed)
      .text("verdict", status.verdict)
      .text("reason", status.reason)
      .tree("rto", to_node(status.rto))
      .tree("rpo", to_node(status.rpo))
      .words("violations", status.violations)
      .words("recommendations", status.recommendations)
      .tree("evidence", Writer()
                            .text("kind", status.evidence.kind)
                            .text("name", status.evidence.name)
                            .text("path", status.evidence.path)
                            .take())
      .tree("runner", Writer()
                          .text("pod", status.runner.pod)
                          .text("node", status.runner.node)
                          .text("uid", status.runner.uid)
                          .micro_time("heartbeatTime", status.runner.heartbeat)
                          .take())
      .tree("guardian",
            Writer().text("pod", status.guardian.pod).text("node", status.guardian.node).take())
      .text("journal", status.journal)
      .micro_time("faultDeadline", status.fault_deadline)
      .words("problems", status.problems);
  return out.take();
}

}  // namespace api
