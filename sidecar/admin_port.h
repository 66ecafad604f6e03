// Where the admin API is served: in the open, or over TLS with a certificate that may change while
// it serves, as that of the data port does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/http_server.h"
#include "sidecar/admin.h"
#include "sidecar/identity_files.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Whether the files of certificate, key and authority can be used. Errors: as IdentityFiles::open.
base::Result<> check_admin_identity(const Settings& settings, base::WallTime now);

/// Thread: one.
class AdminPort {
 public:
  /// `awaits_files`: as IdentityFiles::await(). Lifetime: clock and `admin` outlive it. Errors:
  /// those of the files, unless they are awaited, and of listening.
  static base::Result<std::unique_ptr<AdminPort>> open(aio::Clock& clock,
                                                       const aio::Executor& executor,
                                                       const Settings& settings, bool awaits_files,
                                                       Admin& admin);

  std::uint16_t port() const { return server_->port(); }
  bool is_secure() const { return files_ != nullptr; }
  aio::Task<base::Result<>> serve(std::stop_token stop) { return server_->serve(std::move(stop)); }
  /// Reads the files; what is new is shown to connections from now on.
  void look(bool at_once, base::WallTime now);
  /// Empty where it is served in the open.
  std::string exposition() const;

 private:
  std::unique_ptr<IdentityFiles> files_;  // null: in the open
  std::shared_ptr<net::ServerIdentity> identity_ = std::make_shared<net::ServerIdentity>();
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace sidecar
