// Drives one Operation as the prober does, without its clock: an operation is started and its
// completion awaited, or it is abandoned after a while, on the test's own io_context.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "integration/postgres_fixture.h"
#include "probes/pg_streams.h"

namespace probes {

inline const std::string kTestKey(32, 'k');
inline const drill::StreamId kTestStream{7};

inline PgAddress address_of(const testing_postgres::Server& server) {
  PgAddress address;
  address.port = server.port();
  return address;
}

/// Runs one statement on a connection of its own; the failure's text where it failed.
inline std::string sql(const PgAddress& address, const std::string& text) {
  boost::asio::io_context context;
  PgConnection connection(context.get_executor(), address);
  std::string answer = "no answer";
  connection.connect([&](PgOutcome<> connected) {
    if (!connected) {
      answer = connected.error().message;
      return;
    }
    PgQuery query;
    query.text = text;
    connection.execute(query, [&](PgOutcome<PgResult> result) {
      answer = result ? result->first() : result.error().error().message;
      connection.close();
    });
  });
  context.run_for(std::chrono::seconds(20));
  return answer;
}

/// Runs a task that may use PgOutcome to its end.
template <class T>
T await(boost::asio::io_context& context, aio::Task<T> task) {
  std::optional<T> out;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr error, T value) {
    CHECK(!error);
    out.emplace(std::move(value));
  });
  context.restart();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!out && context.run_one_until(until) > 0) {
  }
  CHECK(out.has_value());
  return std::move(*out);
}

class OperationHarness final : public Completions {
 public:
  OperationHarness(const PgAddress& address, Connections connections, PgDeed deed,
                   std::size_t slots = 1, std::string instance = {})
      : ledger("drill-x", kTestKey), servers(table) {
    auto number = std::make_shared<std::atomic<std::uint16_t>>(kTestStream.value());
    operation = make_pg_operation({ledger, servers}, address, std::move(instance), connections,
                                  deed, std::move(number));
    operation->open(context.get_executor(), *this, slots);
  }
  ~OperationHarness() {
    operation->close();
    context.restart();
    context.poll();
  }

  void done(std::size_t, const Completion& completion) override { last = completion; }

  /// Lets connections that are opened ahead stand.
  void settle() {
    context.restart();
    context.run_for(std::chrono::milliseconds(100));
  }
  /// Lets the operation go on until the server answers as expected: it has got that far.
  bool until(const PgAddress& address, const std::string& statement, const std::string& expected) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < patience) {
      settle();
      if (sql(address, statement) == expected) return true;
    }
    return false;
  }
  void start(std::uint64_t seq, std::size_t slot = 0) {
    last.reset();
    operation->start(slot, Due{seq, aio::now(), aio::now()});
  }
  /// Waits for the completion; abandons the operation after `patience`, as the prober does.
  Completion finish(base::Duration patience = base::seconds(10), std::size_t slot = 0) {
    const auto until = std::chrono::steady_clock::now() + patience;
    context.restart();
    while (!last && context.run_one_until(until) > 0) {
    }
    if (!last) return operation->abandon(slot, drill::Cause::Timeout);
    return *last;
  }
  Completion once(std::uint64_t seq, base::Duration patience = base::seconds(10)) {
    start(seq);
    return finish(patience);
  }

  boost::asio::io_context context;
  PgLedger ledger;
  ServerTable table;
  PgServers servers;
  std::unique_ptr<Operation> operation;
  std::optional<Completion> last;
};

}  // namespace probes
