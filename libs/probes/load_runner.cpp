#include "probes/load_runner.h"

#include <array>
#include <limits>
#include <utility>

#include "load/ramp.h"

namespace probes {

using drill::Cause;

namespace {
struct Default {
  std::string_view name;
  std::string_view statement;
};
constexpr std::array<Default, 3> kDefaults = {{
    {"read",
     "select o.id, o.item, o.quantity, o.price_cents from orders o where o.customer_id = $1::int8 "
     "order by o.id desc limit 20"},
    {"write",
     "insert into orders (customer_id, item, quantity, price_cents) "
     "values ($1::int8, 'ordered under drill', 1, 100)"},
    {"heavy",
     "select c.region, count(*), sum(o.quantity * o.price_cents) from orders o "
     "join customers c on c.id = o.customer_id group by c.region order by c.region"},
}};

PgQuery query_with_key(const std::string& statement, std::string name, std::uint64_t key) {
  PgQuery query;
  query.text = statement;
  query.name = std::move(name);
  if (statement.find("$1") != std::string::npos) query.parameters = {std::to_string(key)};
  return query;
}
}  // namespace

base::Result<std::string> default_statement(std::string_view name) {
  std::string known;
  for (const Default& one : kDefaults) {
    if (one.name == name) return std::string(one.statement);
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  return base::fail(
      base::Code::InvalidArgument,
      "load operation " + std::string(name) + " has no statement; those with one are " + known);
}

base::Result<std::vector<LoadStatement>> with_defaults(std::vector<LoadStatement> mix) {
  for (LoadStatement& operation : mix) {
    if (!operation.statement.empty()) continue;
    TRY(operation.statement, default_statement(operation.name));
  }
  return mix;
}

LoadRunner::LoadRunner(aio::Clock& clock, PgPool& pool, LoadPlan plan, Sample sample)
    : clock_(clock),
      pool_(pool),
      plan_(std::move(plan)),
      sample_(std::move(sample)),
      random_(plan_.seed ^ 0x9e3779b97f4a7c15U) {}

PgQuery LoadRunner::query_of(int kind) {
  const LoadStatement& operation = plan_.mix[static_cast<std::size_t>(kind)];
  return query_with_key(operation.statement, "muster_load_" + std::to_string(kind),
                        1 + random_.below(plan_.keys));
}

aio::Task<base::Result<>> LoadRunner::run(std::stop_token stop) {
  load::ArrivalSpec spec;
  spec.process = plan_.process;
  spec.users = plan_.users;
  spec.ramp = load::constant_rate(plan_.operations_per_minute / 60.0);
  for (const LoadStatement& operation : plan_.mix) {
    spec.mix.push_back({operation.name, operation.share});
  }
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
    sample.completed = clock_.now();
    sample_(sample);
    co_return base::Result<>();
  }
  ++in_flight_;
  {
    auto lease = co_await pool_.acquire(plan_.mix[sample.operation].name, stop);
    if (lease) {
      const base::TimePoint sent = clock_.now();
      const auto outcome = co_await lease->run(query_of(arrival.kind), stop);
      sample.service_time = clock_.now() - sent;
      sample.ok = outcome.has_value() && !outcome->sync_wait_cancelled;
      sample.cause =
          !outcome ? outcome.error().cause : (sample.ok ? Cause::None : Cause::SyncCancelled);
      if (!outcome && !outcome.error().sent) sample.service_time = base::Duration(0);
    } else {
      sample.cause = lease.error().cause;
    }
  }
  --in_flight_;
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

CapacityRunner::CapacityRunner(aio::Clock& clock, PgPool& pool, CapacityPlan plan, Sink sink)
    : clock_(clock),
      pool_(pool),
      plan_(std::move(plan)),
      sink_(std::move(sink)),
      random_(plan_.seed) {}

aio::Task<base::Result<>> CapacityRunner::run(std::stop_token stop) {
  load::ArrivalSpec spec;
  spec.process = load::Process::Constant;
  spec.ramp = load::capacity_ramp(plan_.target_per_second, plan_.rise);
  if (plan_.keys == 0 || plan_.statement.empty()) {
    co_return base::fail(base::Code::InvalidArgument, "capacity: a statement and keys");
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
    const auto outcome = co_await pool_.query(
        query_with_key(plan_.statement, "muster_capacity", 1 + random_.below(plan_.keys)), stop);
    --in_flight_;
    record.outcome = outcome ? drill::Outcome::Ok : outcome.error().outcome();
    record.cause = outcome ? Cause::None : outcome.error().cause;
  }
  record.completed = clock_.now();
  sink_(record);
  co_return base::Result<>();
}

}  // namespace probes
