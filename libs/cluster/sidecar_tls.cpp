#include "cluster/sidecar_tls.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "api/sidecar_profile.h"
#include "crypto/base64.h"

namespace cluster {

using api::Node;

namespace {

/// A server that hangs must not use up the lease that is to be renewed.
constexpr base::Duration kReadAgainWithin = base::seconds(1);

bool probed_over_tls(const Node& container, const Node& port) {
  return std::ranges::any_of(
      std::initializer_list<const char*>{"startupProbe", "livenessProbe", "readinessProbe"},
      [&](const char* probe) {
        const Node& get = container[probe]["httpGet"];
        const bool asks = get["port"].as_int() == port["containerPort"].as_int() ||
                          get["port"].as_string() == api::kSidecarAdminName;
        return asks && get["scheme"].as_string() == "HTTPS";
      });
}

bool speaks_tls(const Node& container) {
  for (const char* list : {"command", "args"}) {
    for (const Node& word : container[list].items()) {
      if (word.as_string().starts_with("--admin-tls-cert-file")) return true;
    }
  }
  return std::ranges::any_of(container["ports"].items(), [&](const Node& port) {
    return port["name"].as_string() == api::kSidecarAdminName && probed_over_tls(container, port);
  });
}

/// Of an injected sidecar; empty: there is none.
std::string own_secret(const Node& pod) {
  for (const Node& volume : pod["spec"]["volumes"].items()) {
    if (volume["name"].as_string() == api::kSidecarAdminTlsVolume) {
      return volume["secret"]["secretName"].as_string();
    }
  }
  return {};
}

tl::unexpected<base::Error> hinders(const std::string& secret, const std::string& why) {
  // Never NotFound: that is what a fault is which has ended.
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("sidecar.tls: Secret {}: {}", secret, why));
}

/// Empty: it has no such key.
base::Result<std::string> value_of(const Node& secret, const char* key) {
  const Node* const value = secret["data"].find(key);
  if (value == nullptr) return std::string();
  return crypto::base64_decode(value->as_string());
}

std::string id_of(const PodSidecarTls& tls) {
  return fmt::format("{}/{}/{}", tls.secret, tls.server_name, tls.shows);
}

}  // namespace

base::Result<std::optional<PodSidecarTls>> sidecar_tls_of(const Node& pod, const Node& container,
                                                          const Node& wanted) {
  if (!wanted.is_map() && !speaks_tls(container)) return std::optional<PodSidecarTls>();
  const Node& meta = pod["metadata"];
  PodSidecarTls out{.secret = wanted["secret"].as_string(),
                    .server_name = wanted["serverName"].as_string()};
  out.shows = !out.secret.empty();
  if (out.secret.empty()) out.secret = own_secret(pod);
  if (out.server_name.empty()) {
    out.server_name = fmt::format("muster-sidecar.{}.svc", meta["namespace"].as_string());
  }
  if (!out.secret.empty()) return std::optional(std::move(out));
  return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("the sidecar of pod {} speaks TLS at its admin port, and nobody says who vouches "
                  "for it: the plan may, in sidecar.tls.secret",
                  meta["name"].as_string()));
}

base::Result<std::shared_ptr<net::TlsContext>> tls_of_secret(const Node& secret,
                                                             const PodSidecarTls& tls) {
  net::TlsOptions options;
  options.server_name = tls.server_name;
  const auto authority = value_of(secret, kAuthorityKey);
  if (!authority) return hinders(tls.secret, authority.error().message);
  if (authority->empty()) {
    return hinders(
        tls.secret,
        fmt::format("it has no {}: who vouches for the sidecar's certificate", kAuthorityKey));
  }
  options.ca = *authority;
  if (tls.shows) {
    const auto certificate = value_of(secret, kCertificateKey);
    const auto key = value_of(secret, kCertificateKeyKey);
    if (!certificate || !key) return hinders(tls.secret, "tls.crt, tls.key: they are not base64");
    options.certificate = *certificate;
    options.key = *key;
  }
  auto context = net::make_tls_context(options);
  if (!context) return hinders(tls.secret, context.error().message);
  return context;
}

aio::Task<base::Result<std::shared_ptr<net::TlsContext>>> SidecarTlsContexts::of(
    PodSidecarTls tls, std::stop_token stop) {
  const std::string id = id_of(tls);
  const auto known = known_.find(id);
  if (known == known_.end()) {
    CO_TRY(auto context, co_await read(tls, std::move(stop)));
    known_.insert_or_assign(id, One{context});
    co_return context;
  }
  if (!known->second.doubted) co_return known->second.context;
  const auto ask = [&](std::stop_token limited) { return read(tls, std::move(limited)); };
  auto context = co_await aio::with_deadline(clock_, clock_.now() + kReadAgainWithin,
                                             std::move(stop), "read Secret " + tls.secret, ask);
  One& one = known_[id];
  if (context) one = One{*std::move(context)};
  co_return one.context;
}

void SidecarTlsContexts::doubt(const PodSidecarTls& tls) {
  const auto known = known_.find(id_of(tls));
  if (known != known_.end()) known->second.doubted = true;
}

aio::Task<base::Result<std::shared_ptr<net::TlsContext>>> SidecarTlsContexts::read(
    PodSidecarTls tls, std::stop_token stop) {
  const auto secret = co_await target_.get(kSecrets, tls.secret, std::move(stop));
  if (secret) co_return tls_of_secret(*secret, tls);
  if (secret.error().code == base::Code::Cancelled) co_return tl::unexpected(secret.error());
  co_return hinders(tls.secret, secret.error().message);
}

}  // namespace cluster
