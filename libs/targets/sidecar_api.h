// The admin API of a sidecar, as far as a drill needs it: faults on lease (docs/sidecar.md). One
// call is one connection, made and answered within two seconds; a token is read from its file each
// time, so that one that was changed is used at once.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"

namespace targets {

class SidecarApi {
 public:
  /// `admin`: HOST:PORT. `token_file`: empty: no token is sent. Lifetime: `clock` outlives it.
  SidecarApi(aio::Clock& clock, std::string admin, std::string token_file)
      : clock_(clock), admin_(std::move(admin)), token_file_(std::move(token_file)) {}

  // Errors of all: InvalidArgument (the sidecar says no, with its words), PermissionDenied (token),
  // NotFound, FailedPrecondition (anything else that it answers), Unavailable, DeadlineExceeded,
  // Cancelled.

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
  std::string admin_, token_file_;
};

}  // namespace targets
