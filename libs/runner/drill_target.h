// A plan joined to its local target: the system found and opened, every name checked, every
// placeholder resolved. What a run, a dry run, a recovery and `muster system` start from.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "api/recovery_plan.h"
#include "cluster/cluster_target.h"
#include "net/connection.h"
#include "runner/state_dir.h"
#include "targets/catalog.h"
#include "targets/local_target.h"

namespace runner {

/// Every kind that a local drill knows, as tables for the parser.
api::ActionCatalog action_catalog(const targets::Catalog& catalog);

/// A plan's document and the system it names, as read.
struct PlanFile {
  api::RecoveryPlan plan;
  api::LocalSystem system;
  std::vector<std::string> warnings;
};

struct PlanChoice {
  std::string file;
  std::string profile;            // empty: none
  std::vector<std::string> sets;  // "spec.timing.baselineSeconds=10"
};

/// Reads, overrides, parses and checks a plan against its system. Nothing is touched.
/// Errors: every problem, each with its place.
tl::expected<PlanFile, api::Problems> read_plan(const PlanChoice& choice,
                                                const api::ActionCatalog& catalog);
/// The same from a document that was kept in a drill's folder.
tl::expected<PlanFile, api::Problems> read_plan_document(api::Node document,
                                                         const std::string& file,
                                                         const api::ActionCatalog& catalog);

/// The same for a plan whose target is in a cluster; its system is what the plan says of it.
tl::expected<PlanFile, api::Problems> read_cluster_plan(api::Node document, const std::string& file,
                                                        const targets::Catalog& catalog);

struct DrillTarget {
  api::RecoveryPlan plan;  // resolved
  std::vector<std::string> warnings;
  std::unique_ptr<targets::Target> target;
  std::shared_ptr<net::Names> names;  // of its host names; null: as this machine does

  /// Of a plan with target.local.
  targets::LocalTarget& local() const;
  /// Of a plan with target.kubernetes.
  cluster::ClusterTarget& cluster() const;
};

/// Opens the target (ports, directory, needs) and resolves the plan. Starts nothing.
base::Result<DrillTarget> open_target(aio::Clock& clock, const StateDir& state, PlanFile file,
                                      const api::ActionCatalog& catalog);

/// Looks at everything that the plan names in a namespace. The target's pods are not followed yet.
/// `undoing`: what is gone is left out. Lifetime: clock and client outlive it. Errors: see
/// ClusterTarget::open().
aio::Task<base::Result<DrillTarget>> open_cluster_target(aio::Clock& clock, kube::Client& client,
                                                         std::shared_ptr<net::Names> names,
                                                         std::string ns, PlanFile file,
                                                         const targets::Catalog& catalog,
                                                         bool undoing, std::stop_token stop);

/// For `muster system`: the target of a plan, or the LocalSystem of a file of its own.
struct SystemFile {
  api::LocalSystem system;
  std::map<std::string, std::string> parameters;  // that the plan gives
};
tl::expected<SystemFile, api::Problems> read_system_file(const std::string& file,
                                                         const api::ActionCatalog& catalog);
base::Result<targets::LocalTarget> open_system(aio::Clock& clock, const StateDir& state,
                                               SystemFile file);

/// For `muster validate`: a RecoveryPlan with the system it names, a DrillSchedule with its plan,
/// or a LocalSystem alone.
struct CheckedFile {
  std::string what;  // "RecoveryPlan database-failover"
  std::vector<std::string> warnings;
};
tl::expected<CheckedFile, api::Problems> check_file(const std::string& file,
                                                    const api::ActionCatalog& catalog);

}  // namespace runner
