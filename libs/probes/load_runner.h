// The users of a drill: operations on the service that become due by an open model
// (load/arrivals.h) and are sent as an application's users would send them: over the pool of
// requirement R8 to a database (pg_load.h), as requests to an application (http_load.h). Latency
// counts from the intended start, so the wait for a connection while the service is away is in it;
// service_time is what the sender knows of the time in the database.
//
// Users do not wait for each other: while the service is away operations pile up, at most
// `in_flight_max` of them; beyond that they fail as NotSent, which is an error that the users see.
//
// The capacity stream is reads over connections of its own that rise to 1.2 x the throughput
// target, because the users' own rate is far below it. Each read leaves a Record of a Capacity
// stream.
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

namespace probes {

/// One operation that is due.
struct LoadTurn {
  std::size_t operation = 0;  // index into the mix
  std::uint64_t user = 0;
  std::uint64_t key = 1;  // from 1 to LoadPlan::keys
};

/// What became of it.
struct LoadOutcome {
  drill::Outcome outcome = drill::Outcome::Info;
  drill::Cause cause = drill::Cause::None;
  base::Duration service_time{};  // in the database; zero: not known
};

/// What sends the operations of a load. Several are under way at a time.
class LoadSender {
 public:
  virtual ~LoadSender() = default;
  /// Cancellation: cause Stopped.
  virtual aio::Task<LoadOutcome> send(LoadTurn turn, std::stop_token stop) = 0;
};

struct LoadPlan {
  int users = 6;
  int operations_per_minute = 120;  // of all users together
  std::vector<load::MixShare> mix;
  std::uint64_t keys = 2000;
  load::Process process = load::Process::Poisson;
  std::uint64_t seed = 1;
  std::size_t in_flight_max = 500;
  base::Duration drain = base::seconds(2);  // how long the last ones may take after the stop
};

/// The users' load. Samples come on the executor, in the order in which operations end.
class LoadRunner {
 public:
  using Sample = std::function<void(const drill::LoadSample&)>;

  /// Lifetime: clock and sender outlive it.
  LoadRunner(aio::Clock& clock, LoadSender& sender, LoadPlan plan, Sample sample);

  /// Runs until `stop`, then lets what is in flight end within plan.drain; what has not is sampled
  /// as failed, cause Stopped. Errors: InvalidArgument for a plan that cannot be.
  aio::Task<base::Result<>> run(std::stop_token stop);

  std::size_t in_flight() const { return in_flight_; }

 private:
  aio::Task<base::Result<>> one(load::Arrival arrival, base::TimePoint due, std::stop_token stop);

  aio::Clock& clock_;
  LoadSender& sender_;
  LoadPlan plan_;
  Sample sample_;
  base::Random random_;
  std::size_t in_flight_ = 0;
};

struct CapacityPlan {
  drill::StreamId stream;
  double target_per_second = 10;
  base::Duration rise = base::seconds(60);
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

  /// Lifetime: clock and sender outlive it. The sender is not the users'; its operation 0 is a
  /// read.
  CapacityRunner(aio::Clock& clock, LoadSender& sender, CapacityPlan plan, Sink sink);

  /// Runs until `stop`; what is in flight then is recorded as cause Stopped.
  aio::Task<base::Result<>> run(std::stop_token stop);

 private:
  aio::Task<base::Result<>> one(drill::Record record, std::stop_token stop);

  aio::Clock& clock_;
  LoadSender& sender_;
  CapacityPlan plan_;
  Sink sink_;
  base::Random random_;
  std::size_t in_flight_ = 0;
};

}  // namespace probes
