#include "probes/load_runner.h"

#include <limits>
#include <utility>

#include "load/ramp.h"

namespace probes {

using drill::Cause;

LoadRunner::LoadRunner(aio::Clock& clock, LoadSender& sender, LoadPlan plan, Sample sample)
    : clock_(clock),
      sender_(sender),
      plan_(std::move(plan)),
      sample_(std::move(sample)),
      random_(plan_.seed ^ 0x9e3779b97f4a7c15U) {}

aio::Task<base::Result<>> LoadRunner::run(std::stop_token stop) {
  load::ArrivalSpec spec;
  spec.process = plan_.process;
  spec.users = plan_.users;
  spec.ramp = load::constant_rate(plan_.operations_per_minute / 60.0);
  spec.mix = plan_.mix;
  if (spec.mix.empty() || plan_.keys == 0 ||
      plan_.users > std::numeric_limits<std::uint16_t>::max()) {
    co_return base::fail(base::Code::InvalidArgument, "load: a mix, keys and at most 65535 users");
  }
  CO_TRY(load::Arrivals arrivals, load::Arrivals::create(std::move(spec), plan_.seed));
  const auto executor = co_await aio::asio::this_coro::executor;
  aio::TaskGroup users(executor);
  const base::TimePoint start = clock_.now();
  for (;;) {
    const load::Arrival arrival = arrivals.next();
    const base::TimePoint due = start + arrival.due;
    if (!co_await aio::wait_until(clock_, due, stop)) break;
    users.spawn(one(arrival, due, users.token()));
  }
  const auto last_call = clock_.alarm(executor);
  last_call->arm(clock_.now() + plan_.drain, [&users] { users.cancel(); });
  co_return co_await users.join();
}

aio::Task<base::Result<>> LoadRunner::one(load::Arrival arrival, base::TimePoint due,
                                          std::stop_token stop) {
  drill::LoadSample sample;
  sample.operation = static_cast<std::uint16_t>(arrival.kind);
  sample.user = static_cast<std::uint16_t>(arrival.user);
  sample.intended = due;
  if (in_flight_ >= plan_.in_flight_max) {
    sample.cause = Cause::NotSent;
  } else {
    ++in_flight_;
    const LoadTurn turn{sample.operation, sample.user, 1 + random_.below(plan_.keys)};
    const LoadOutcome outcome = co_await sender_.send(turn, std::move(stop));
    --in_flight_;
    sample.ok = outcome.outcome == drill::Outcome::Ok;
    sample.cause = outcome.cause;
    sample.service_time = outcome.service_time;
  }
  sample.completed = clock_.now();
  sample_(sample);
  co_return base::Result<>();
}

drill::StreamInfo capacity_stream(const CapacityPlan& plan, std::string probe,
                                  std::string endpoint) {
  drill::StreamInfo info;
  info.id = plan.stream;
  info.name = probe + "/capacity";
  info.probe = std::move(probe);
  info.kind = drill::StreamKind::Capacity;
  info.endpoint = std::move(endpoint);
  const double rate = load::capacity_ramp(plan.target_per_second, plan.rise).to;
  info.interval = base::Duration(static_cast<std::int64_t>(1e9 / rate));
  info.deadline = plan.deadline;
  return info;
}

CapacityRunner::CapacityRunner(aio::Clock& clock, LoadSender& sender, CapacityPlan plan, Sink sink)
    : clock_(clock), sender_(sender), plan_(plan), sink_(std::move(sink)), random_(plan_.seed) {}

aio::Task<base::Result<>> CapacityRunner::run(std::stop_token stop) {
  load::ArrivalSpec spec;
  spec.process = load::Process::Constant;
  spec.ramp = load::capacity_ramp(plan_.target_per_second, plan_.rise);
  if (plan_.keys == 0) {
    co_return base::fail(base::Code::InvalidArgument, "capacity: keys are needed");
  }
  CO_TRY(load::Arrivals arrivals, load::Arrivals::create(std::move(spec), plan_.seed));
  aio::TaskGroup reads(co_await aio::asio::this_coro::executor, stop);
  const base::TimePoint start = clock_.now();
  for (;;) {
    const load::Arrival arrival = arrivals.next();
    const base::TimePoint due = start + arrival.due;
    if (!co_await aio::wait_until(clock_, due, stop)) break;
    drill::Record record;
    record.stream = plan_.stream;
    record.seq = arrival.index + 1;
    record.scheduled = due;
    record.invoked = clock_.now();
    reads.spawn(one(record, reads.token()));
  }
  co_return co_await reads.join();
}

aio::Task<base::Result<>> CapacityRunner::one(drill::Record record, std::stop_token stop) {
  if (in_flight_ >= plan_.in_flight_max) {
    record.outcome = drill::Outcome::Fail;
    record.cause = Cause::NotSent;
  } else {
    ++in_flight_;
    const LoadTurn turn{0, record.seq, 1 + random_.below(plan_.keys)};
    const LoadOutcome outcome = co_await sender_.send(turn, std::move(stop));
    --in_flight_;
    record.outcome = outcome.outcome;
    record.cause = outcome.cause;
  }
  record.completed = clock_.now();
  sink_(record);
  co_return base::Result<>();
}

}  // namespace probes
