// The certificate that the sidecar shows, and whose it believes, in files that may change while it
// serves: Kubernetes swaps a mounted Secret through a symbolic link, so it is what the files say
// that is looked at and not the files. A pair is tried whole before anybody is shown it; one that
// is no pair changes nothing, and is told in the log once and in the metrics for as long as it lies
// there.
//
// Tickets, by which clients come back without a whole handshake, are under keys of the identity
// that was shown. They are drawn anew from time to time also where the certificate stays, so that a
// key that leaks opens little of what was recorded.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "base/result.h"
#include "net/server_context.h"
#include "sidecar/reloads.h"

namespace sidecar {

struct IdentityPaths {
  std::string what;  // "tls": in metrics and log
  std::string certificate, key;
  std::string client_ca{};  // whose clients are known by their certificates; empty: nobody's
  net::Speaks speaks = net::Speaks::Anything;
};

/// Thread: of the main thread; what current() gives is for any.
class IdentityFiles {
 public:
  static constexpr base::Duration kTicketKeys = std::chrono::hours(12);

  /// Errors: those of reading; InvalidArgument, naming the file.
  static base::Result<std::unique_ptr<IdentityFiles>> open(IdentityPaths paths, base::WallTime now);

  /// The same where the sidecar must not keep its pod from starting: files that cannot be used are
  /// told, and there is no identity until they can.
  static std::unique_ptr<IdentityFiles> await(IdentityPaths paths, base::WallTime now);

  /// Reads the files. Keys: another context of the same certificate, whose keys of session tickets
  /// are new. Connections from now on are to have what is there after either.
  enum class News : std::uint8_t { None, Keys, Certificate };
  News look(bool at_once, base::WallTime now);
  /// Null: there is none yet, and nobody may be served in its place.
  std::shared_ptr<net::ServerContext> current() const { return context_; }
  /// Why there is none yet.
  const std::string& why_not() const { return why_not_; }
  std::string exposition() const;

 private:
  IdentityFiles(IdentityPaths paths, std::string_view text, base::WallTime now);
  base::Result<> use(const net::ServerTls& tls, base::WallTime now);

  IdentityPaths paths_;
  net::ServerTls tls_;  // in force
  std::shared_ptr<net::ServerContext> context_;
  std::string why_not_;
  Reloads reloads_;
  base::WallTime expires_, tickets_since_;
};

}  // namespace sidecar
