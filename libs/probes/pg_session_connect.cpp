// Connecting and closing: the half of the session in which the socket is not yet ours.
#include <algorithm>
#include <poll.h>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/check.h"
#include "probes/pg_session.h"

namespace probes {

namespace asio = boost::asio;
using drill::Cause;

namespace {
bool needs_resolving(const std::string& host) {
  if (host.empty() || host.front() == '/') return false;
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return static_cast<bool>(error);
}
}  // namespace

void PgConnection::Impl::connect(Connected done) {
  close();
  connected_ = std::move(done);
  if (!needs_resolving(address_.host)) return begin(address_.host);
  if (!address_.names) return resolve();
  if (const auto known = address_.names->known(address_.host)) {
    return begin(known->front().to_string());
  }
  look_up();
}

// At the system's own name server; as for a server that is not there, nothing was sent to it.
void PgConnection::Impl::look_up() {
  step_ = PgStep::Resolving;
  lookup_ =
      address_.names->look_up(executor_, address_.host,
                              [self = shared_from_this()](const boost::system::error_code& error,
                                                          const net::Names::Addresses& found) {
                                self->lookup_.reset();
                                if (error) return self->fail_resolve(error.message());
                                self->begin(found.front().to_string());
                              });
}

void PgConnection::Impl::fail_resolve(const std::string& why) {
  PgFailure failure;
  failure.cause = Cause::Unreachable;
  failure.message = address_.host + ": " + why;
  fail_connect(std::move(failure));
}

void PgConnection::Impl::resolve() {
  step_ = PgStep::Resolving;
  resolving_ =
      net::HostLookup::begin(executor_, address_.host, address_.port,
                             [self = shared_from_this()](const boost::system::error_code& error,
                                                         const net::HostLookup::Endpoints& found) {
                               self->resolving_.reset();
                               if (error) return self->fail_resolve(error.message());
                               self->begin(found.front().address().to_string());
                             });
}

void PgConnection::Impl::begin(const std::string& resolved) {
  step_ = PgStep::Connecting;
  const bool local = !resolved.empty() && resolved.front() == '/';
  const std::string port = std::to_string(address_.port);
  const std::string options =
      address_.statement_timeout > base::Duration(0)
          ? "-c statement_timeout=" + std::to_string(std::max<std::int64_t>(
                                          1, address_.statement_timeout / base::millis(1)))
          : "";
  const std::pair<const char*, const char*> settings[] = {
      {"host", address_.host.c_str()},
      {local ? nullptr : "hostaddr", resolved.c_str()},
      {"port", port.c_str()},
      {"user", address_.user.c_str()},
      {"dbname", address_.database.c_str()},
      {"password", address_.password.c_str()},
      {"application_name", address_.application.c_str()},
      {"sslmode", address_.tls.c_str()},
      {"sslrootcert", address_.ca_file.c_str()},
      {"gssencmode", "disable"},
      {"client_encoding", "UTF8"},
      {"options", options.c_str()},
  };
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : settings) {
    if (key == nullptr || *value == '\0') continue;
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_ = PQconnectStartParams(keys.data(), values.data(), 0);
  CHECK(connection_ != nullptr);
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_, on_notice, this);
  if (PQstatus(connection_) == CONNECTION_BAD) {
    // From here and not from within connect(): the callback never runs inside the call.
    asio::post(executor_, [self = shared_from_this(), generation = generation_] {
      if (generation != self->generation_) return;
      self->fail_connect(connect_failure(PQerrorMessage(self->connection_)));
    });
    return;
  }
  poll(PGRES_POLLING_WRITING);
}

void PgConnection::Impl::poll(PostgresPollingStatusType next) {
  switch (next) {
    case PGRES_POLLING_READING: attach(); return wait(asio::posix::stream_descriptor::wait_read);
    case PGRES_POLLING_WRITING: attach(); return wait(asio::posix::stream_descriptor::wait_write);
    case PGRES_POLLING_OK: {
      PQsetnonblocking(connection_, 1);
      attach();
      step_ = PgStep::Idle;
      wait(asio::posix::stream_descriptor::wait_read);
      const Connected done = std::exchange(connected_, nullptr);
      return done({});
    }
    default: return fail_connect(connect_failure(PQerrorMessage(connection_)));
  }
}

void PgConnection::Impl::attach() {
  socket_ = std::make_unique<asio::posix::stream_descriptor>(executor_, PQsocket(connection_));
}

void PgConnection::Impl::detach() {
  if (socket_) socket_->release();
  socket_.reset();
  reading_ = writing_ = false;
  ++generation_;
}

void PgConnection::Impl::wait(asio::posix::stream_descriptor::wait_type type) {
  bool& waiting = type == asio::posix::stream_descriptor::wait_read ? reading_ : writing_;
  if (waiting) return;
  waiting = true;
  socket_->async_wait(type, [self = shared_from_this(), type,
                             generation = generation_](const boost::system::error_code& error) {
    if (generation != self->generation_ || error) return;
    self->on_ready(type);
  });
}

void PgConnection::Impl::on_ready(asio::posix::stream_descriptor::wait_type type) {
  (type == asio::posix::stream_descriptor::wait_read ? reading_ : writing_) = false;
  if (step_ == PgStep::Connecting) {
    detach();
    return poll(PQconnectPoll(connection_));
  }
  if (step_ == PgStep::Idle) {
    if (ready()) wait(asio::posix::stream_descriptor::wait_read);
    return;
  }
  advance();
}

// A server that ends a session says so and closes: two reads. One is not enough to see the end.
bool PgConnection::Impl::ready() {
  if (step_ != PgStep::Idle) return false;
  for (pollfd socket{PQsocket(connection_), POLLIN, 0}; ::poll(&socket, 1, 0) > 0;) {
    if (PQconsumeInput(connection_) == 0 || PQisBusy(connection_) != 0 || ended_ ||
        PQstatus(connection_) == CONNECTION_BAD) {
      close();
      return false;
    }
  }
  return true;
}

void PgConnection::Impl::fail_connect(PgFailure failure) {
  const Connected done = std::exchange(connected_, nullptr);
  close();
  if (done) done(tl::unexpected(std::move(failure)));
}

void PgConnection::Impl::fail_execute(PgFailure failure) {
  const Executed done = std::exchange(executed_, nullptr);
  close();
  if (done) done(tl::unexpected(std::move(failure)));
}

void PgConnection::Impl::close() {
  if (const auto resolving = std::exchange(resolving_, nullptr)) resolving->cancel();
  if (const auto lookup = std::exchange(lookup_, nullptr)) lookup->cancel();
  detach();
  step_ = PgStep::Closed;
  connected_ = nullptr;
  executed_ = nullptr;
  prepared_.clear();
  ended_ = false;
  if (connection_ != nullptr) PQfinish(std::exchange(connection_, nullptr));
}

}  // namespace probes
