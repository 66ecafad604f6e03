#include "probes/pg_pool.h"

#include <algorithm>

#include "aio/deadline.h"
#include "base/check.h"

namespace probes {

using drill::Cause;

namespace {
constexpr std::size_t kShownStatement = 120;

PgFailure stopped_waiting() {
  PgFailure failure;
  failure.cause = Cause::Stopped;
  failure.message = "stopped while waiting for a connection";
  return failure;
}

PgQuery statement(const char* text) {
  PgQuery query;
  query.text = text;
  return query;
}
}  // namespace

/// One who waits. `granted` means that a place was set aside for it.
struct PgPool::Waiter {
  explicit Waiter(const aio::Executor& executor) : turn(executor) {}
  aio::Event turn;
  bool granted = false;
};

struct PgLease::Held {
  PgPool* pool;
  std::unique_ptr<PgConnection> connection;
  std::string holder;
  base::TimePoint since;
  std::unique_ptr<aio::Alarm> alarm;
};

PgLease::PgLease(std::unique_ptr<Held> held) : held_(std::move(held)) {
  Held* const now_held = held_.get();
  now_held->since = now_held->pool->clock_.now();
  now_held->alarm = now_held->pool->clock_.alarm(now_held->pool->executor_);
  now_held->alarm->arm(now_held->since + now_held->pool->settings_.held_too_long, [now_held] {
    PgPool& pool = *now_held->pool;
    ++pool.stats_.held;
    if (pool.warn_) {
      pool.warn_({PgPoolWarning::Kind::HeldTooLong, now_held->holder,
                  pool.clock_.now() - now_held->since});
    }
  });
}

PgLease::PgLease(PgLease&& other) noexcept = default;

PgLease::~PgLease() {
  if (!held_) return;
  held_->alarm.reset();
  held_->pool->give_back(std::move(held_->connection));
}

aio::Task<PgOutcome<PgResult>> PgLease::run(PgQuery query, std::stop_token stop) {
  PgPool& pool = *held_->pool;
  PgConnection& connection = *held_->connection;
  if (!connection.ready()) {
    PgFailure failure;
    failure.cause = Cause::Refused;
    failure.message = "the connection was lost before the statement was sent";
    pool.note(failure);
    co_return tl::unexpected(std::move(failure));
  }
  const std::string shown = query.text.substr(0, kShownStatement);
  const base::TimePoint began = pool.clock_.now();
  aio::Deadline deadline(pool.clock_, pool.executor_, began + pool.settings_.query_timeout, stop);
  ++pool.stats_.queries;
  auto outcome = co_await connection.run(std::move(query), deadline.token());
  const base::Duration took = pool.clock_.now() - began;
  if (took > pool.settings_.slow_query) {
    ++pool.stats_.slow;
    if (pool.warn_) pool.warn_({PgPoolWarning::Kind::SlowQuery, shown, took});
  }
  if (!outcome && outcome.error().cause == Cause::Stopped && deadline.expired()) {
    outcome.error().cause = Cause::Timeout;
    outcome.error().message = "no answer within " + base::human(pool.settings_.query_timeout);
  }
  if (!outcome) pool.note(outcome.error());
  co_return outcome;
}

PgPool::PgPool(aio::Executor executor, aio::Clock& clock, PgPoolSettings settings, Warn warn)
    : executor_(std::move(executor)),
      clock_(clock),
      settings_(std::move(settings)),
      warn_(std::move(warn)) {
  CHECK(settings_.size > 0 && settings_.attempts > 0);
}

PgPool::~PgPool() {
  CHECK(busy_ == 0 && waiting_.empty());
}

aio::Task<PgOutcome<>> PgPool::wait_turn(std::stop_token stop) {
  if (waiting_.empty() && busy_ < settings_.size) {
    ++busy_;
    co_return PgOutcome<>();
  }
  const base::TimePoint began = clock_.now();
  Waiter waiter(executor_);
  waiting_.push_back(&waiter);
  co_await waiter.turn.wait(stop);
  stats_.waited_max = std::max(stats_.waited_max, clock_.now() - began);
  if (waiter.granted) {
    // Granted and stopped at once: the place goes to the next one.
    if (!stop.stop_requested()) co_return PgOutcome<>();
    leave();
  } else {
    std::erase(waiting_, &waiter);
  }
  co_return tl::unexpected(stopped_waiting());
}

/// A place becomes free: the first who waits gets it.
void PgPool::leave() {
  if (waiting_.empty()) {
    --busy_;
    return;
  }
  Waiter* const next = waiting_.front();
  waiting_.pop_front();
  next->granted = true;
  next->turn.set();
}

aio::Task<PgOutcome<PgLease>> PgPool::acquire(std::string holder, std::stop_token stop) {
  if (auto turn = co_await wait_turn(stop); !turn) co_return tl::unexpected(turn.error());
  auto held = std::make_unique<PgLease::Held>();
  held->pool = this;
  held->holder = std::move(holder);
  while (!idle_.empty() && !held->connection) {
    held->connection = std::move(idle_.back());
    idle_.pop_back();
    if (!held->connection->ready()) held->connection.reset();
  }
  if (!held->connection) {
    held->connection = std::make_unique<PgConnection>(executor_, settings_.address);
    if (auto connected = co_await connect(*held->connection, stop); !connected) {
      leave();
      co_return tl::unexpected(connected.error());
    }
  }
  ++stats_.acquired;
  co_return PgLease(std::move(held));
}

aio::Task<PgOutcome<>> PgPool::connect(PgConnection& connection, std::stop_token stop) {
  for (int attempt = 1;; ++attempt) {
    auto outcome = co_await connect_once(connection, stop);
    if (outcome) {
      ++stats_.created;
      co_return outcome;
    }
    note(outcome.error());
    if (attempt == settings_.attempts || stop.stop_requested()) co_return outcome;
    const bool slept = co_await aio::wait_for(clock_, settings_.attempt_gap, stop);
    if (!slept) co_return outcome;
  }
}

aio::Task<PgOutcome<>> PgPool::connect_once(PgConnection& connection, std::stop_token stop) {
  aio::Deadline deadline(clock_, executor_, clock_.now() + settings_.connect_timeout, stop);
  auto outcome = co_await connection.open(deadline.token());
  if (!outcome && outcome.error().cause == Cause::Stopped && deadline.expired()) {
    outcome.error().cause = Cause::ConnectTimeout;
    outcome.error().message = "no connection within " + base::human(settings_.connect_timeout);
  }
  co_return outcome;
}

void PgPool::give_back(std::unique_ptr<PgConnection> connection) {
  if (connection->clean()) idle_.push_back(std::move(connection));
  leave();
}

void PgPool::note(const PgFailure& failure) {
  ++stats_.errors;
  if (failure.cause == Cause::Timeout || failure.cause == Cause::ConnectTimeout) ++stats_.timeouts;
  stats_.last_error = failure.message;
}

aio::Task<PgOutcome<PgResult>> PgPool::query(PgQuery query, std::stop_token stop) {
  auto lease = co_await acquire(query.text.substr(0, kShownStatement), stop);
  if (!lease) co_return tl::unexpected(lease.error());
  co_return co_await lease->run(std::move(query), stop);
}

aio::Task<PgOutcome<PgResult>> PgPool::transaction(std::vector<PgQuery> queries,
                                                   std::stop_token stop) {
  auto lease = co_await acquire("transaction", stop);
  if (!lease) co_return tl::unexpected(lease.error());
  auto outcome = co_await lease->run(statement("begin"), stop);
  for (PgQuery& query : queries) {
    if (!outcome) break;
    outcome = co_await lease->run(std::move(query), stop);
  }
  if (outcome) {
    auto committed = co_await lease->run(statement("commit"), stop);
    if (!committed) co_return committed;
    outcome->sync_wait_cancelled = committed->sync_wait_cancelled;
    co_return outcome;
  }
  // Where the connection is lost the server rolls back by itself.
  PgFailure failure = outcome.error();
  if (lease->held_->connection->ready()) co_await lease->run(statement("rollback"), stop);
  co_return tl::unexpected(std::move(failure));
}

aio::Task<PgOutcome<>> PgPool::check(std::stop_token stop) {
  std::erase_if(idle_, [](const auto& connection) { return !connection->ready(); });
  auto answer = co_await query(statement("select 1"), stop);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return PgOutcome<>();
}

void PgPool::close_idle() {
  idle_.clear();
}

PgPoolStats PgPool::stats() const {
  PgPoolStats now = stats_;
  now.size = settings_.size;
  now.idle = idle_.size();
  now.busy = busy_;
  now.waiting = waiting_.size();
  return now;
}

}  // namespace probes
