// Whom a server over TLS says it is: a certificate and its key, which can be replaced while it
// serves. Each new connection takes the newest; those that are open keep what they began with, so
// that a rotation breaks no request. OpenSSL stays inside the .cpp.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

namespace net {

class ServerContext;  // net/tls_context.h

class ServerIdentity {
 public:
  /// PEM; behind the certificate may be its issuers. Errors: InvalidArgument when one of them
  /// cannot be read or the key is of another certificate; what was set before then stays.
  base::Result<> set(const std::string& certificate, const std::string& key);
  /// One that was made ready by somebody else.
  void set(std::shared_ptr<ServerContext> context) { context_ = std::move(context); }
  bool is_set() const { return context_ != nullptr; }
  /// Null: nothing was set yet; nobody can be served.
  std::shared_ptr<ServerContext> current() const { return context_; }

 private:
  std::shared_ptr<ServerContext> context_;
};

}  // namespace net
