// The sidecars of pods, as far as a fault needs them: where each has its admin API, and which
// Secret has the token that is shown there. The journal has that without the token, by the pod's
// UID and address: whoever has the address later is nobody whom we would show a token.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "cluster/cluster_target.h"
#include "cluster/sidecar_tls.h"
#include "targets/sidecar_api.h"

namespace cluster {

/// The key of a token's Secret where a plan names none.
inline constexpr const char* kTokenKey = "admin-token";

struct PodSidecar {
  std::string pod, uid, ip;
  std::int64_t port = 0;               // of the admin API
  std::string secret, key;             // with its token
  std::optional<PodSidecarTls> tls{};  // nothing: its port is in the open
  bool operator==(const PodSidecar&) const = default;
};

/// `pod`: the object. `token_secret`: {name, key} of the plan; null: the Secret of the profile that
/// the pod names. `tls`: as of sidecar_tls_of(). Errors: FailedPrecondition: it has no sidecar (no
/// container has a port named muster-admin), or no address yet; as of sidecar_tls_of().
base::Result<PodSidecar> sidecar_of(const api::Node& pod, const api::Node& token_secret,
                                    const api::Node& tls = api::Node());

/// As a journal keeps them, and back.
api::Node node_of(const std::vector<PodSidecar>& sidecars);
std::vector<PodSidecar> sidecars_in(const api::Node& journal);
/// "web-0, web-1"
std::string names_of(const std::vector<PodSidecar>& sidecars);

/// Tokens as they were read once: a lease is renewed while the API server is away, too. One that a
/// sidecar did not take is read again. Thread: one.
class SidecarTokens {
 public:
  /// By Secret and key. In memory alone: no journal and no log has any of it.
  using Known = std::map<std::pair<std::string, std::string>, std::string>;
  /// `known`: as they were read before. Lifetime: the target outlives it.
  explicit SidecarTokens(ClusterTarget& target, Known known = {})
      : target_(target), known_(std::move(known)) {}

  /// Errors: FailedPrecondition, naming Secret and key; Cancelled.
  aio::Task<base::Result<std::string>> of(std::string secret, std::string key,
                                          std::stop_token stop);
  void forget(const std::string& secret, const std::string& key) { known_.erase({secret, key}); }
  const Known& known() const { return known_; }

 private:
  aio::Task<base::Result<std::string>> read(std::string secret, std::string key,
                                            std::stop_token stop);

  ClusterTarget& target_;
  Known known_;
};

/// Lifetime: target, tokens and contexts outlive it.
class PodSidecarPlace final : public targets::SidecarPlace {
 public:
  PodSidecarPlace(ClusterTarget& target, SidecarTokens& tokens, SidecarTlsContexts& contexts,
                  PodSidecar sidecar)
      : target_(target), tokens_(tokens), contexts_(contexts), sidecar_(std::move(sidecar)) {}

  /// Errors: NotFound: the pod is gone, has ended, or has another address, which is one that was
  /// started anew; else as SidecarTokens::of() and SidecarTlsContexts::of().
  aio::Task<base::Result<targets::SidecarAdmin>> find(std::stop_token stop) override;
  void refused() override {
    tokens_.forget(sidecar_.secret, sidecar_.key);
    unreachable();
  }
  void unreachable() override {
    if (sidecar_.tls) contexts_.doubt(*sidecar_.tls);
  }
  const std::string& pod() const { return sidecar_.pod; }

 private:
  ClusterTarget& target_;
  SidecarTokens& tokens_;
  SidecarTlsContexts& contexts_;
  PodSidecar sidecar_;
};

}  // namespace cluster
