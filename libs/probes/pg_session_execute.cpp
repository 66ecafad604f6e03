// Running one statement: prepare once, send, read until ReadyForQuery.
#include <utility>

#include <boost/asio/post.hpp>

#include "base/check.h"
#include "probes/pg_session.h"

namespace probes {

namespace asio = boost::asio;
using drill::Cause;

namespace {
std::string_view field(const PGresult* result, int which) {
  const char* text = PQresultErrorField(result, which);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

PgFailure lost(std::string_view message, bool sent) {
  PgFailure failure;
  failure.cause = sent ? Cause::Reset : Cause::Refused;
  failure.sent = sent;
  failure.message = message.empty() ? "connection lost" : std::string(message);
  while (failure.message.back() == '\n' && failure.message.size() > 1) failure.message.pop_back();
  return failure;
}
}  // namespace

void PgConnection::Impl::execute(PgQuery query, Executed done) {
  CHECK(step_ == PgStep::Idle);
  query_ = std::move(query);
  executed_ = std::move(done);
  result_ = PgResult();
  failure_.reset();
  const bool prepare = !query_.name.empty() && !prepared_.contains(query_.name);
  step_ = prepare ? PgStep::Preparing : PgStep::Running;
  const bool accepted = prepare ? PQsendPrepare(connection_, query_.name.c_str(),
                                                query_.text.c_str(), 0, nullptr) == 1
                                : send();
  if (accepted) return push();
  asio::post(executor_, [self = shared_from_this(), generation = generation_] {
    if (generation != self->generation_) return;
    const bool sent = self->step_ == PgStep::Running;
    self->fail_execute(lost(PQerrorMessage(self->connection_), sent));
  });
}

bool PgConnection::Impl::send() {
  std::vector<const char*> values;
  values.reserve(query_.parameters.size());
  for (const std::string& parameter : query_.parameters) values.push_back(parameter.c_str());
  const int count = static_cast<int>(values.size());
  const int accepted = query_.name.empty()
                           ? PQsendQueryParams(connection_, query_.text.c_str(), count, nullptr,
                                               values.data(), nullptr, nullptr, 0)
                           : PQsendQueryPrepared(connection_, query_.name.c_str(), count,
                                                 values.data(), nullptr, nullptr, 0);
  if (accepted == 1 && query_.on_row) PQsetSingleRowMode(connection_);
  return accepted == 1;
}

/// Writes what is still to be written, and waits for the answer.
void PgConnection::Impl::push() {
  const int left = PQflush(connection_);
  if (left > 0) wait(asio::posix::stream_descriptor::wait_write);
  wait(asio::posix::stream_descriptor::wait_read);
}

void PgConnection::Impl::advance() {
  if (PQconsumeInput(connection_) == 0 && PQstatus(connection_) == CONNECTION_BAD && !failure_) {
    // A FATAL that came before the end of the connection is more telling than the end.
    while (PQisBusy(connection_) == 0) {
      PgResultPtr result(PQgetResult(connection_));
      if (!result) break;
      take(std::move(result));
    }
    const bool sent = step_ == PgStep::Running;
    if (!failure_) failure_ = lost(PQerrorMessage(connection_), sent);
    return fail_execute(std::move(*failure_));
  }
  const std::uint64_t generation = generation_;
  while (PQisBusy(connection_) == 0) {
    PgResultPtr result(PQgetResult(connection_));
    if (!result) return finish_step();
    take(std::move(result));
    if (generation != generation_) return;  // on_row ended it
  }
  push();
}

void PgConnection::Impl::take(PgResultPtr result) {
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE: return take_rows(result.get());
    case PGRES_FATAL_ERROR: {
      if (failure_) return;
      const std::string_view state = field(result.get(), PG_DIAG_SQLSTATE);
      if (state.empty()) {
        failure_ = lost(PQresultErrorMessage(result.get()), step_ == PgStep::Running);
        return;
      }
      failure_ = answer_failure(state, field(result.get(), PG_DIAG_SEVERITY_NONLOCALIZED),
                                std::string(field(result.get(), PG_DIAG_MESSAGE_PRIMARY)));
      failure_->sent = step_ == PgStep::Running;
      return;
    }
    default: {
      PgFailure failure;
      failure.sent = step_ == PgStep::Running;
      failure.message =
          std::string("unexpected answer ") + PQresStatus(PQresultStatus(result.get()));
      fail_execute(std::move(failure));
    }
  }
}

void PgConnection::Impl::take_rows(const PGresult* result) {
  const int count = PQntuples(result);
  if (query_.on_row) {
    for (int row = 0; row < count; ++row) {
      if (query_.on_row(PgRow(result, row))) continue;
      PgFailure failure;
      failure.cause = Cause::Stopped;
      failure.sent = true;
      failure.message = "reading was stopped";
      return fail_execute(std::move(failure));
    }
    return;
  }
  result_.columns.clear();
  for (int column = 0; column < PQnfields(result); ++column) {
    result_.columns.emplace_back(PQfname(result, column));
  }
  for (int row = 0; row < count; ++row) {
    auto& cells = result_.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        cells.emplace_back();
      } else {
        cells.emplace_back(PQgetvalue(result, row, column));
      }
    }
  }
  // libpq's function takes a non-const result although it only reads.
  const char* affected = PQcmdTuples(const_cast<PGresult*>(result));
  result_.affected = *affected == '\0' ? 0 : std::strtoull(affected, nullptr, 10);
}

/// ReadyForQuery came: the statement is over, and a commit is acknowledged.
void PgConnection::Impl::finish_step() {
  if (PQstatus(connection_) == CONNECTION_BAD) {
    return fail_execute(failure_ ? std::move(*failure_)
                                 : lost(PQerrorMessage(connection_), step_ == PgStep::Running));
  }
  if (step_ == PgStep::Preparing && !failure_) {
    prepared_.insert(query_.name);
    step_ = PgStep::Running;
    if (!send()) return fail_execute(lost(PQerrorMessage(connection_), true));
    return push();
  }
  step_ = PgStep::Idle;
  wait(asio::posix::stream_descriptor::wait_read);
  const Executed done = std::exchange(executed_, nullptr);
  if (failure_) return done(tl::unexpected(*std::exchange(failure_, std::nullopt)));
  done(std::exchange(result_, PgResult()));
}

void PgConnection::Impl::on_notice(void* self, const PGresult* notice) {
  auto* impl = static_cast<Impl*>(self);
  const std::string_view severity = field(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == "FATAL" || severity == "PANIC") impl->ended_ = true;
  if (field(notice, PG_DIAG_SOURCE_FUNCTION) == "SyncRepWaitForLSN" ||
      field(notice, PG_DIAG_MESSAGE_PRIMARY).find("synchronous replication") !=
          std::string_view::npos) {
    impl->result_.sync_wait_cancelled = true;
  }
}

}  // namespace probes
