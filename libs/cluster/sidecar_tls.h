// How the admin port of a pod's sidecar is spoken to where it speaks TLS. Who vouches for its
// certificate is in a Secret of the namespace: the one that the plan names, which may have the
// drill's own certificate too, else that of the sidecar's own. A certificate has no pod's address
// in it: the name to look for is the plan's, or one that all sidecars of a namespace can have.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"
#include "cluster/cluster_target.h"
#include "net/connection.h"

namespace cluster {

// Keys of the Secret, as of one of type kubernetes.io/tls.
inline constexpr const char* kAuthorityKey = "ca.crt";
inline constexpr const char* kCertificateKey = "tls.crt";
inline constexpr const char* kCertificateKeyKey = "tls.key";

struct PodSidecarTls {
  std::string secret, server_name;
  bool shows = false;  // the Secret's certificate, if it has one, is the drill's
  bool operator==(const PodSidecarTls&) const = default;
};

/// `container`: of the pod's, the one with the admin port. `wanted`: {secret, serverName} of the
/// plan; null: it says nothing. Nothing: the port is in the open, as far as the pod's spec tells.
/// Errors: FailedPrecondition: it speaks TLS and nobody says who vouches for it.
base::Result<std::optional<PodSidecarTls>> sidecar_tls_of(const api::Node& pod,
                                                          const api::Node& container,
                                                          const api::Node& wanted);

/// What a Secret says, ready to be connected with. Errors: FailedPrecondition, naming Secret and
/// key.
base::Result<std::shared_ptr<net::TlsContext>> tls_of_secret(const api::Node& secret,
                                                             const PodSidecarTls& tls);

/// Read once, since a lease is renewed while the API server is away, too. What did not do is read
/// again, and serves on where that fails. Thread: one.
class SidecarTlsContexts {
 public:
  struct One {
    std::shared_ptr<net::TlsContext> context;
    bool doubted = false;
  };
  using Known = std::map<std::string, One>;  // by Secret and name

  /// `known`: as they were read before. Lifetime: target and clock outlive it.
  SidecarTlsContexts(ClusterTarget& target, aio::Clock& clock, Known known = {})
      : target_(target), clock_(clock), known_(std::move(known)) {}

  /// Errors: FailedPrecondition; Cancelled.
  aio::Task<base::Result<std::shared_ptr<net::TlsContext>>> of(PodSidecarTls tls,
                                                               std::stop_token stop);
  void doubt(const PodSidecarTls& tls);
  const Known& known() const { return known_; }

 private:
  aio::Task<base::Result<std::shared_ptr<net::TlsContext>>> read(PodSidecarTls tls,
                                                                 std::stop_token stop);

  ClusterTarget& target_;
  aio::Clock& clock_;
  Known known_;
};

}  // namespace cluster
