// A DrillSchedule (muster.dev/v1alpha1) as the engine needs it: compiled, every value in its range.
// Its fields are in api/drill_schedule_table.cpp; docs/scheduling.md is its guide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "api/node.h"
#include "api/problem.h"
#include "scheduling/blackout.h"

namespace scheduling {

enum class Concurrency : std::uint8_t { Allow, Forbid, Replace };
enum class InBlackout : std::uint8_t { Skip, Defer };

/// What a slot runs: as `muster drill run PLAN --profile P --set S` would.
struct DrillTemplate {
  std::string plan;  // as written: a path, relative to the schedule's file; in a cluster a name
  std::string profile;
  std::vector<std::string> sets;
};

struct Spec {
  std::string file;  // where it was read from, for messages
  std::string name;
  Cron cron;
  Zone zone = Zone::utc();
  Concurrency concurrency = Concurrency::Forbid;
  InBlackout in_blackout = InBlackout::Skip;
  Seconds starting_deadline{300};
  std::optional<std::int64_t> successful_limit, failed_limit;  // drills kept; nothing: all
  bool suspend = false;
  std::vector<Blackout> blackouts;
  DrillTemplate drill;
};

/// Reads and compiles a document of kind DrillSchedule.
/// Errors: every problem at once, with its place.
tl::expected<Spec, api::Problems> parse_schedule(const api::Node& document,
                                                 const std::string& file);

/// The same of a DrillSchedule in a cluster, as api::as_written gives it: the plan is the name of a
/// RecoveryPlan, and nothing is overridden.
tl::expected<Spec, api::Problems> parse_cluster_schedule(const api::Node& document,
                                                         const std::string& file);

/// What a user should know and may ignore, a sentence each: a blackout that swallows every slot, a
/// window that never comes again after `now`.
std::vector<std::string> warnings(const Spec& spec, Instant now);

}  // namespace scheduling
