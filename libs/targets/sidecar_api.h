// The admin API of a sidecar, as far as a drill needs it: faults on lease (docs/sidecar.md). One
// call is one connection, made and answered within two seconds. Where it goes and what it shows
// there is asked for each time, so that a token or a certificate that was changed is used at once,
// and so that nobody is asked who has come in the place of the sidecar.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"
#include "net/connection.h"

namespace targets {

struct SidecarAdmin {
  std::string address;                     // HOST:PORT
  std::string token{};                     // empty: none is sent
  std::shared_ptr<net::TlsContext> tls{};  // null: HTTP in the open
};

class SidecarPlace {
 public:
  virtual ~SidecarPlace() = default;
  /// Errors: NotFound: the sidecar is gone, and what it had in force; else what hinders.
  virtual aio::Task<base::Result<SidecarAdmin>> find(std::stop_token stop) = 0;
  /// The sidecar did not take the token, or asks for a certificate.
  virtual void refused() {}
  /// Nobody answered over TLS: the sidecar is away, or one of the two does not trust the other.
  virtual void unreachable() {}
};

class SidecarApi {
 public:
  /// Lifetime: both outlive it.
  SidecarApi(aio::Clock& clock, SidecarPlace& place) : clock_(clock), place_(place) {}

  // Errors of all: InvalidArgument (the sidecar says no, with its words), PermissionDenied (token,
  // certificate), NotFound, FailedPrecondition (anything else that it answers; what is shown to it
  // cannot be read), Unavailable (TLS as well), DeadlineExceeded, Cancelled.

  /// `fault`: the fields of POST /api/faults.
  aio::Task<base::Result<>> begin(api::Node fault, std::stop_token stop);
  aio::Task<base::Result<>> renew(std::string id, std::string owner, std::int64_t lease_seconds,
                                  std::stop_token stop);
  aio::Task<base::Result<>> end(std::string id, std::stop_token stop);
  /// The fault of this name that is in force; a null Node: there is none.
  aio::Task<base::Result<api::Node>> find(std::string id, std::stop_token stop);

 private:
  aio::Task<base::Result<std::string>> ask(std::string method, std::string target, std::string body,
                                           std::stop_token stop);

  aio::Clock& clock_;
  SidecarPlace& place_;
};

}  // namespace targets
