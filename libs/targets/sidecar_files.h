// Where the sidecar of a plan of one machine is found: the address that the plan says, and files
// with what is shown there, each read anew for every call, so that they may be replaced while the
// fault is in force.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "api/node.h"
#include "targets/sidecar_api.h"

namespace targets {

class SidecarFiles final : public SidecarPlace {
 public:
  /// `params`: admin, tokenFile, caFile (empty: HTTP in the open), certFile, keyFile, serverName.
  explicit SidecarFiles(api::Node params) : params_(std::move(params)) {}

  /// Errors: FailedPrecondition, naming the field and the file; never NotFound, which is what a
  /// fault is that has ended.
  aio::Task<base::Result<SidecarAdmin>> find(std::stop_token stop) override;

 private:
  base::Result<std::string> read(const char* field) const;
  base::Result<std::shared_ptr<net::TlsContext>> tls() const;
  base::Result<SidecarAdmin> look() const;

  api::Node params_;
};

}  // namespace targets
