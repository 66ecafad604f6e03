// The users of a drill: operations on the service that become due by an open model
// (load/arrivals.h) and go through the pool of requirement R8, as an application's would. Latency
// counts from the intended start, so the wait for a connection while the database is away is in it;
// service_time counts from the statement's sending.
//
// Users do not wait for each other: while the service is away operations pile up, at most
// `in_flight_max` of them; beyond that they fail as NotSent, which is an error that the users see.
//
// The capacity stream is reads over a pool of its own that rise to 1.2 x the throughput target,
// because the users' own rate is far below it. Each read leaves a Record of a Capacity stream.
//
// Thread: one executor. Everything is repeatable from the seed but the answers.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "aio/task_group.h"
#include "base/random.h"
#include "drill/evidence.h"
#include "load/arrivals.h"
#include "probes/pg_pool.h"

namespace probes {

struct LoadStatement {
  std::string name;  // "read"
  int share = 0;
  std::string statement;  // "$1", where it occurs, is a number from 1 to LoadPlan::keys
};

struct LoadPlan {
  int users = 6;
  int operations_per_minute = 120;  // of all users together
  std::vector<LoadStatement> mix;
  std::uint64_t keys = 2000;
  load::Process process = load::Process::Poisson;
  std::uint64_t seed = 1;
  std::size_t in_flight_max = 500;
  base::Duration drain = base::seconds(2);  // how long the last ones may take after the stop
};

/// The statements of the shipped systems' shop (customers, orders), for read, write and heavy.
/// Errors: InvalidArgument for another name, with the names that are known.
base::Result<std::string> default_statement(std::string_view name);

/// A mix whose empty statements are filled with the defaults.
base::Result<std::vector<LoadStatement>> with_defaults(std::vector<LoadStatement> mix);

/// The users' load. Samples come on the executor, in the order in which operations end.
class LoadRunner {
 public:
  using Sample = std::function<void(const drill::LoadSample&)>;

  /// Lifetime: clock and pool outlive it.
  LoadRunner(aio::Clock& clock, PgPool& pool, LoadPlan plan, Sample sample);

  /// Runs until `stop`, then lets what is in flight end within plan.drain; what has not is sampled
  /// as failed, cause Stopped. Errors: InvalidArgument for a plan that cannot be.
  aio::Task<base::Result<>> run(std::stop_token stop);

  std::size_t in_flight() const { return in_flight_; }

 private:
  aio::Task<base::Result<>> one(load::Arrival arrival, base::TimePoint due, std::stop_token stop);
  PgQuery query_of(int kind);

  aio::Clock& clock_;
  PgPool& pool_;
  LoadPlan plan_;
  Sample sample_;
  base::Random random_;
  std::size_t in_flight_ = 0;
};

struct CapacityPlan {
  drill::StreamId stream;
  double target_per_second = 10;
  base::Duration rise = base::seconds(60);
  std::string statement;  // a read; "$1" as in LoadStatement
  std::uint64_t keys = 2000;
  std::uint64_t seed = 1;
  std::size_t in_flight_max = 500;
  base::Duration deadline = base::seconds(1);  // D of the stream, for its StreamInfo
};

/// The stream as the evidence names it.
drill::StreamInfo capacity_stream(const CapacityPlan& plan, std::string probe,
                                  std::string endpoint);

class CapacityRunner {
 public:
  using Sink = std::function<void(const drill::Record&)>;

  /// Lifetime: clock and pool outlive it. The pool is not the users'.
  CapacityRunner(aio::Clock& clock, PgPool& pool, CapacityPlan plan, Sink sink);

  /// Runs until `stop`; what is in flight then is recorded as Info, cause Stopped.
  aio::Task<base::Result<>> run(std::stop_token stop);

 private:
  aio::Task<base::Result<>> one(drill::Record record, std::stop_token stop);

  aio::Clock& clock_;
  PgPool& pool_;
  CapacityPlan plan_;
  Sink sink_;
  base::Random random_;
  std::size_t in_flight_ = 0;
};

}  // namespace probes
