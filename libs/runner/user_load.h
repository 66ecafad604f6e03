// The load of a drill: its users, and the capacity reads that its throughput criterion is judged
// by: statements through pools of their own (requirement R8) where the plan's load is on a
// database, requests over connections of the users' own where it is on an application.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task_group.h"
#include "api/recovery_plan.h"
#include "drill/evidence.h"
#include "probes/load_runner.h"
#include "probes/pg_pool.h"

namespace runner {

/// What the load of this drill is drawn from: another for every drill, the same again for this one.
std::uint64_t load_seed(const std::string& drill_id);

class UserLoad {
 public:
  /// Nothing runs where the plan has no load. `names`: of a URL's host; null: as this machine does.
  /// `drill`: its ID, with which requests are signed, and what the load is drawn from.
  UserLoad(aio::Clock& clock, aio::Executor executor, const api::RecoveryPlan& plan,
           std::optional<probes::PgAddress> service, std::shared_ptr<net::Names> names,
           std::string drill);

  /// Starts the users and the capacity reads.
  /// Errors: InvalidArgument for an operation without a statement, or a request that cannot be
  /// sent.
  base::Result<> start();
  /// Ends both; what is in flight gets a moment.
  aio::Task<base::Result<>> stop();

  /// Statistics of the users' pool: size, waiting, slow queries (D2: pool health). Nothing where
  /// the users work over HTTP.
  std::optional<probes::PgPoolStats> pool_stats() const;
  /// Moves samples, capacity records and their stream into the evidence.
  void fill(drill::Evidence& evidence);

 private:
  base::Result<> make_statement_senders();
  base::Result<> make_request_senders(const api::ProbeSpec& probe);
  probes::LoadPlan load_plan() const;
  std::optional<probes::CapacityPlan> capacity_plan() const;

  aio::Clock& clock_;
  aio::Executor executor_;
  const api::RecoveryPlan& plan_;
  std::optional<probes::PgAddress> service_;
  std::shared_ptr<net::Names> names_;
  std::string drill_;
  std::uint64_t seed_;
  std::string endpoint_;  // what the capacity stream reads from
  std::unique_ptr<probes::PgPool> user_pool_, capacity_pool_;
  // Null: the mix has nothing that the capacity stream could read.
  std::unique_ptr<probes::LoadSender> user_sender_, capacity_sender_;
  std::unique_ptr<probes::LoadRunner> users_;
  std::unique_ptr<probes::CapacityRunner> capacity_;
  std::optional<drill::StreamInfo> capacity_stream_;
  std::vector<drill::LoadSample> samples_;
  std::vector<drill::Record> capacity_records_;
  std::unique_ptr<aio::TaskGroup> tasks_;
};

}  // namespace runner
