// What a plan says about judging, read from the bundle's copy of it, with the defaults that
// docs/plans.md gives. The plan is the only source: nothing of this is taken from the report.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "base/time.h"

namespace verify {

using base::Duration;

struct Demand {
  std::string metric;
  std::string operation;  // only this one of the load; empty: all
  std::string statistic = "P95";
  bool at_most = true;
  double target = 0;
};

struct Rules {
  std::string plan, failure_type, description, mode = "Orchestrate";
  std::optional<Duration> rto, rpo;  // nothing: not judged
  std::string zero_point = "Onset";
  Duration hold = base::seconds(10);
  Duration sample = base::seconds(10);
  std::string spec_digest;
  std::vector<std::string> decided_by;
  std::map<std::string, Duration> phase_targets;  // by the moment they end at
  std::vector<Demand> degraded, validation;
  std::vector<std::string> monitoring;
};

/// Shapes: `plan_json` as in docs/evidence-format.md §2.
/// Errors: InvalidArgument: no JSON, no plan in it.
base::Result<Rules> rules_of(const std::string& plan_json);

}  // namespace verify
