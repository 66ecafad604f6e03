#include "verify/rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "crypto/hash.h"

namespace verify {
namespace {

using api::Node;

/// An integer, or a decimal fraction as a string.
double amount(const Node& node) {
  if (!node.is_string()) return node.as_double();
  const std::string& text = node.as_string();
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
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
    if (const std::int64_t millis = node[field].as_int(); millis > 0) {
      out[moment] = base::millis(millis);
    }
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
  rules.rto = base::seconds(objectives["rtoSeconds"].as_int());
  // Without a ledger there is nothing that could be lost.
  if (has_ledger_probe(spec)) rules.rpo = base::seconds(objectives["rpoSeconds"].as_int());
  if (const Node* zero = objectives.find("zeroPoint")) rules.zero_point = zero->as_string();
  rules.decided_by = objectives["decidedBy"].as_strings();
  if (const Node* hold = spec["timing"].find("holdSeconds")) {
    rules.hold = base::seconds(hold->as_int());
  }
  if (const Node* sample = spec["timing"].find("sampleSeconds")) {
    rules.sample = base::seconds(sample->as_int());
  }
  rules.spec_digest = digest_of(spec);
  rules.phase_targets = phase_targets(spec["phaseTargets"]);
  rules.degraded = demands(spec["criteria"]["degraded"]);
  rules.validation = demands(spec["criteria"]["validation"]);
  rules.monitoring = spec["monitoring"].as_strings();
  return rules;
}

}  // namespace verify
