#include "runner/status.h"

#include <cstdio>
#include <fstream>

#include "aio/file.h"
#include "api/node.h"

namespace runner {
namespace {

using api::Node;

Node stream_node(const StreamHealth& health) {
  return Node::map()
      .set("name", health.name)
      .set("decides", health.decides)
      .set("good", health.good)
      .set("answered", health.answered)
      .set("forSeconds", health.for_seconds)
      .set("ok", static_cast<std::int64_t>(health.ok))
      .set("bad", static_cast<std::int64_t>(health.bad))
      .set("latencyMillis", health.latency_millis)
      .set("cause", health.cause);
}

StreamHealth stream_from(const Node& node) {
  return {node["name"].as_string(),
          node["decides"].as_bool(),
          node["good"].as_bool(),
          node["answered"].as_bool(),
          node["forSeconds"].as_double(),
          static_cast<std::uint64_t>(node["ok"].as_int()),
          static_cast<std::uint64_t>(node["bad"].as_int()),
          node["latencyMillis"].as_double(),
          node["cause"].as_string()};
}

}  // namespace

std::string to_json(const DrillStatus& status) {
  Node streams = Node::sequence();
  for (const StreamHealth& health : status.streams) streams.push(stream_node(health));
  Node events = Node::sequence();
  for (const StatusEvent& event : status.events) {
    events.push(Node::map()
                    .set("number", event.number)
                    .set("atSeconds", event.at_seconds)
                    .set("text", event.text));
  }
  const Node document =
      Node::map()
          .set("version", 1)
          .set("id", status.id)
          .set("plan", status.plan)
          .set("profile", status.profile)
          .set("target", status.target)
          .set("pid", status.pid)
          .set("started", status.started)
          .set("elapsedSeconds", status.elapsed_seconds)
          .set("phase", status.phase)
          .set("state", status.state)
          .set("phaseSeconds", status.phase_seconds)
          .set("step", status.step)
          .set("rtoSeconds", status.rto_seconds)
          .set("rpoSeconds", status.rpo_seconds ? Node(*status.rpo_seconds) : Node())
          .set("outageSeconds", status.outage_seconds)
          .set("streams", std::move(streams))
          .set("events", std::move(events))
          .set("finished", status.finished)
          .set("verdict", status.verdict)
          .set("reason", status.reason)
          .set("exitCode", status.exit_code);
  return api::to_json(document, 1) + "\n";
}

base::Result<DrillStatus> status_from_json(const std::string& text) {
  TRY(const Node document, api::parse_json(text));
  if (document["version"].as_int() != 1 || document["id"].as_string().empty()) {
    return base::fail(base::Code::InvalidArgument,
                      "status: no drill status of version 1 (version and id are required)");
  }
  DrillStatus status;
  status.id = document["id"].as_string();
  status.plan = document["plan"].as_string();
  status.profile = document["profile"].as_string();
  status.target = document["target"].as_string();
  status.pid = document["pid"].as_int();
  status.started = document["started"].as_string();
  status.elapsed_seconds = document["elapsedSeconds"].as_double();
  status.phase = document["phase"].as_string();
  status.state = document["state"].as_string();
  status.phase_seconds = document["phaseSeconds"].as_double();
  status.step = document["step"].as_string();
  status.rto_seconds = document["rtoSeconds"].as_double();
  if (const double rpo = document["rpoSeconds"].as_double(); rpo > 0) status.rpo_seconds = rpo;
  status.outage_seconds = document["outageSeconds"].as_double(-1);
  for (const Node& node : document["streams"].items()) status.streams.push_back(stream_from(node));
  for (const Node& node : document["events"].items()) {
    status.events.push_back(
        {node["number"].as_int(), node["atSeconds"].as_double(), node["text"].as_string()});
  }
  status.finished = document["finished"].as_bool();
  status.verdict = document["verdict"].as_string();
  status.reason = document["reason"].as_string();
  status.exit_code = static_cast<int>(document["exitCode"].as_int());
  return status;
}

void save_status(const DrillDir& dir, const DrillStatus& status) {
  const std::string temporary = dir.status() + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << to_json(status);
    if (!out.good()) return;
  }
  static_cast<void>(std::rename(temporary.c_str(), dir.status().c_str()));
}

base::Result<DrillStatus> load_status(const DrillDir& dir) {
  TRY(const std::string text, aio::read_file(dir.status()));
  return status_from_json(text);
}

}  // namespace runner
