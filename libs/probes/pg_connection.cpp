#include "probes/pg_connection.h"

#include <utility>

#include "aio/event.h"
#include "probes/pg_session.h"

namespace probes {

using drill::Cause;

PgConnection::PgConnection(aio::Executor executor, PgAddress address)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(address))) {}
PgConnection::~PgConnection() {
  impl_->close();
}
void PgConnection::connect(Connected done) {
  impl_->connect(std::move(done));
}
void PgConnection::execute(PgQuery query, Executed done) {
  impl_->execute(std::move(query), std::move(done));
}
void PgConnection::close() {
  impl_->close();
}
bool PgConnection::ready() {
  return impl_->ready();
}
bool PgConnection::sent() const {
  return impl_->step_ == PgStep::Running;
}
bool PgConnection::busy() const {
  return impl_->step_ != PgStep::Idle && impl_->step_ != PgStep::Closed;
}
bool PgConnection::clean() {
  return impl_->ready() && PQtransactionStatus(impl_->connection()) == PQTRANS_IDLE;
}
const PgAddress& PgConnection::address() const {
  return impl_->address_;
}

namespace {
PgFailure stopped(bool sent) {
  PgFailure failure;
  failure.cause = Cause::Stopped;
  failure.sent = sent;
  failure.message = "stopped";
  return failure;
}
}  // namespace

aio::Task<PgOutcome<>> PgConnection::open(std::stop_token stop) {
  aio::Event answered(impl_->executor_);
  std::optional<PgOutcome<>> outcome;
  connect([&](PgOutcome<> value) {
    outcome = std::move(value);
    answered.set();
  });
  if (!co_await answered.wait(stop) && !outcome) {
    close();
    co_return tl::unexpected(stopped(false));
  }
  co_return std::move(*outcome);
}

aio::Task<PgOutcome<PgResult>> PgConnection::run(PgQuery query, std::stop_token stop) {
  aio::Event answered(impl_->executor_);
  std::optional<PgOutcome<PgResult>> outcome;
  execute(std::move(query), [&](PgOutcome<PgResult> value) {
    outcome = std::move(value);
    answered.set();
  });
  if (!co_await answered.wait(stop) && !outcome) {
    const bool was_sent = sent();
    close();
    co_return tl::unexpected(stopped(was_sent));
  }
  co_return std::move(*outcome);
}

}  // namespace probes
