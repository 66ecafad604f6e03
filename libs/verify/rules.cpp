#include "verify/rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "crypto/hash.h"

namespace verify {
namespace {

using api::Node;

constexpr std::int64_t kWeek = 604'800;

/// An integer, or a decimal fraction as a string.
double amount(const Node& node) {
  constexpr double kMost = 1e12;
  double value = node.as_double();
  if (const std::string& text = node.as_string(); !text.empty()) {
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return std::clamp(value, -kMost, kMost);
}

/// A number of seconds that a plan may have; another one is taken for the nearest that it may have.
Duration seconds_in(const Node& node, std::int64_t otherwise) {
  return base::seconds(std::clamp<std::int64_t>(node.as_int(otherwise), 0, kWeek));
}

std::vector<Demand> demands(const Node& list) {
  std::vector<Demand> out;
  for (const Node& item : list.items()) {
    Demand demand;
    demand.metric = item["metric"].as_string();
    demand.operation = item["operation"].as_string();
    if (const Node* statistic = item.find("statistic")) demand.statistic = statistic->as_string();
    demand.at_most = item.has("atMost");
    demand.target = amount(item[demand.at_most ? "atMost" : "atLeast"]);
    out.push_back(std::move(demand));
  }
  return out;
}

std::map<std::string, Duration> phase_targets(const Node& node) {
  constexpr std::pair<const char*, const char*> kMoments[] = {
      {"detectedMillis", "detected"},   {"decidedMillis", "decided"},
      {"promotedMillis", "promoted"},   {"redirectedMillis", "redirected"},
      {"sustainedMillis", "sustained"}, {"redundancyMillis", "redundancyRestored"}};
  std::map<std::string, Duration> out;
  for (const auto& [field, moment] : kMoments) {
    const std::int64_t millis = std::min(node[field].as_int(), kWeek * 1000);
    if (millis > 0) out[moment] = base::millis(millis);
  }
  return out;
}

/// Of everything but words about the drill and timings that were not applied.
std::string digest_of(const Node& spec) {
  Node judged = spec;
  judged.erase("description").erase("profiles");
  return crypto::hex(crypto::sha256(api::to_json(judged)));
}

bool has_ledger_probe(const Node& spec) {
  const auto& probes = spec["probes"].items();
  return std::any_of(probes.begin(), probes.end(),
                     [](const Node& probe) { return probe.has("postgres"); });
}

}  // namespace

base::Result<Rules> rules_of(const std::string& plan_json) {
  TRY(const Node file, api::parse_json(plan_json));
  const Node& document = file["document"];
  const Node& spec = document["spec"];
  if (!spec.is_map()) {
    return base::fail(base::Code::InvalidArgument, "plan.json holds no plan");
  }
  Rules rules;
  rules.plan = document["metadata"]["name"].as_string();
  rules.failure_type = spec["failureType"].as_string();
  rules.description = spec["description"].as_string();
  if (const Node* mode = spec.find("failover")) rules.mode = mode->as_string();
  const Node& objectives = spec["objectives"];
  rules.rto = seconds_in(objectives["rtoSeconds"], 0);
  // Without a ledger there is nothing that could be lost, whatever an earlier plan asked for.
  if (const Node* rpo = objectives.find("rpoSeconds"); rpo != nullptr && has_ledger_probe(spec)) {
    rules.rpo = seconds_in(*rpo, 0);
  }
  if (const Node* zero = objectives.find("zeroPoint")) rules.zero_point = zero->as_string();
  rules.decided_by = objectives["decidedBy"].as_strings();
  constexpr std::int64_t kDefaultHold = 10, kDefaultSample = 10;
  rules.hold = seconds_in(spec["timing"]["holdSeconds"], kDefaultHold);
  rules.sample = seconds_in(spec["timing"]["sampleSeconds"], kDefaultSample);
  rules.spec_digest = digest_of(spec);
  rules.phase_targets = phase_targets(spec["phaseTargets"]);
  rules.degraded = demands(spec["criteria"]["degraded"]);
  rules.validation = demands(spec["criteria"]["validation"]);
  rules.monitoring = spec["monitoring"].as_strings();
  return rules;
}

}  // namespace verify
