#include "probes/pg_load.h"

#include <array>
#include <utility>

namespace probes {

using drill::Cause;
using drill::Outcome;

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

PgLoadSender::PgLoadSender(aio::Clock& clock, PgPool& pool, std::vector<LoadStatement> mix,
                           std::string label)
    : clock_(clock), pool_(pool), mix_(std::move(mix)), label_(std::move(label)) {}

aio::Task<LoadOutcome> PgLoadSender::send(LoadTurn turn, std::stop_token stop) {
  const LoadStatement& operation = mix_[turn.operation];
  auto lease = co_await pool_.acquire(operation.name, stop);
  if (!lease) co_return LoadOutcome{lease.error().outcome(), lease.error().cause, {}};
  const base::TimePoint sent = clock_.now();
  const auto answer = co_await lease->run(
      query_with_key(operation.statement, label_ + "_" + std::to_string(turn.operation), turn.key),
      std::move(stop));
  const base::Duration took = clock_.now() - sent;
  if (!answer) {
    const PgFailure& failure = answer.error();
    co_return LoadOutcome{failure.outcome(), failure.cause,
                          failure.sent ? took : base::Duration(0)};
  }
  if (answer->sync_wait_cancelled) {
    co_return LoadOutcome{Outcome::Info, Cause::SyncCancelled, took};
  }
  co_return LoadOutcome{Outcome::Ok, Cause::None, took};
}

}  // namespace probes
