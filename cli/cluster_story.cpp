#include "cli/cluster_story.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/drill_resource.h"
#include "kube/resource.h"
#include "report/columns.h"

namespace cli {
namespace {

using api::Node;

bool among(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "04:42:24"
std::string clock_text(base::WallTime at) {
  return base::rfc3339(at).substr(11, 8);
}

std::string objective_line(const char* name, const Node& objective) {
  const std::string& shown = objective["display"].as_string();
  if (shown.empty() && !objective.has("objectiveSeconds")) return "";
  std::string out = fmt::format("  {}  {}", name, shown.empty() ? "not measured" : shown);
  if (const Node* lost = objective.find("lostWrites")) {
    out += fmt::format(", {} writes lost", lost->as_int());
  }
  // Earlier drills have one of 0 s where none was asked for.
  const std::int64_t limit = objective["objectiveSeconds"].as_int();
  out += limit > 0 ? fmt::format("; objective {} s", limit) : "; the plan asks for none";
  if (limit == 0) return report::one_line(out) + "\n";
  const std::string& verdict = objective["verdict"].as_string();
  return report::one_line(out + (verdict.empty() ? "" : ": " + verdict)) + "\n";
}

/// How often the Event says that it happened.
std::int64_t count_of(const Node& event) {
  const std::int64_t series = event["series"]["count"].as_int();
  return std::max<std::int64_t>({series, event["deprecatedCount"].as_int(), 1});
}

}  // namespace

base::WallTime event_time(const Node& event) {
  for (const std::string* text :
       {&event["series"]["lastObservedTime"].as_string(), &event["eventTime"].as_string(),
        &event["deprecatedLastTimestamp"].as_string(),
        &event["metadata"]["creationTimestamp"].as_string()}) {
    if (text->empty()) continue;
    if (const auto time = kube::parse_time(*text)) return *time;
  }
  return {};
}

bool has_ended(const cluster::DrillObject& drill) {
  return drill.finished() || drill.phase() == "NotWhole";
}

Exit exit_of(const cluster::DrillObject& drill) {
  const Node& conditions = drill.status["conditions"];
  const Node* undone = cluster::condition_of(conditions, "Undone");
  if (!drill.finished() || (undone != nullptr && (*undone)["status"].as_string() == "False")) {
    return Exit::Error;
  }
  const Node* accepted = cluster::condition_of(conditions, "Accepted");
  if (accepted != nullptr && (*accepted)["reason"].as_string() == "InvalidPlan") return Exit::Usage;
  const std::string& verdict = drill.status["verdict"].as_string();
  if (verdict == "Met") return Exit::Ok;
  return verdict == "Missed" ? Exit::Missed : Exit::Inconclusive;
}

std::string end_text(const cluster::DrillObject& drill, const std::string& program) {
  const Node& status = drill.status;
  const std::string& verdict = status["verdict"].as_string();
  const std::string& reason = status["reason"].as_string();
  std::string out =
      fmt::format("drill {}: {}", drill.key.name,
                  drill.finished() ? verdict.empty() ? "Finished" : verdict : "NOT whole");
  if (!reason.empty()) out += ": " + report::one_line(reason);
  out += "\n" + objective_line("RTO", status["rto"]) + objective_line("RPO", status["rpo"]);
  for (const Node& problem : status["problems"].items()) {
    out += "  problem: " + report::one_line(problem.as_string()) + "\n";
  }
  if (!status["evidence"]["kind"].as_string().empty()) {
    out += fmt::format("  report: {} report {} -n {}\n", program, drill.key.name, drill.key.space);
  }
  return out;
}

std::string DrillStory::line(base::WallTime at, const std::string& text) const {
  return fmt::format("{}  {:<10}  {}\n", clock_text(at), phase_.empty() ? "Pending" : phase_,
                     report::one_line(text));
}

std::string DrillStory::status(const cluster::DrillObject& drill, base::WallTime now) {
  std::string out;
  if (drill.phase() != phase_) {
    phase_ = report::one_line(drill.phase());
    out += line(now, "phase " + phase_);
  }
  if (const std::string& state = drill.status["state"].as_string(); state != state_) {
    state_ = state;
    out += line(now, "state " + state_);
  }
  const Node& runner = drill.status["runner"];
  if (const std::string& pod = runner["pod"].as_string(); pod != runner_) {
    runner_ = pod;
    const std::string& node = runner["node"].as_string();
    if (!pod.empty()) {
      out += line(
          now, fmt::format("pod {}{} carries it out", pod, node.empty() ? "" : " on node " + node));
    }
  }
  for (const Node& one : drill.status["conditions"].items()) {
    const std::string& type = one["type"].as_string();
    const std::string says = one["status"].as_string() + " " + one["reason"].as_string();
    if (conditions_[type] == says) continue;
    conditions_[type] = says;
    const std::string& message = one["message"].as_string();
    out += line(now, fmt::format("{}: {} ({}){}", type, one["status"].as_string(),
                                 one["reason"].as_string(), message.empty() ? "" : ": " + message));
  }
  for (const std::string& problem : drill.status["problems"].as_strings()) {
    if (problems_.insert(problem).second) out += line(now, "problem: " + problem);
  }
  return out;
}

std::string DrillStory::event(const Node& event) {
  const std::string& reason = event["reason"].as_string();
  if (among(api::drill_phases(), reason) || among(api::drill_states(), reason)) return "";
  std::int64_t& told = events_[event["metadata"]["name"].as_string()];
  const std::int64_t count = count_of(event);
  if (count <= told) return "";
  told = count;
  const bool warning = event["type"].as_string() == "Warning";
  const std::string times = count > 1 ? fmt::format(" ({} times)", count) : "";
  return line(event_time(event), fmt::format("{}{}: {}{}", warning ? "warning: " : "", reason,
                                             event["note"].as_string(), times));
}

}  // namespace cli
