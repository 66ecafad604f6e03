#include "cluster/sidecars.h"

#include <fmt/format.h>

#include "api/sidecar_profile.h"
#include "crypto/base64.h"
#include "net/connection.h"

namespace cluster {

using api::Node;

namespace {

struct AdminPort {
  const Node* container = nullptr;  // null: there is none
  std::int64_t number = 0;
};

AdminPort admin_port_of(const Node& pod) {
  for (const char* group : {"initContainers", "containers"}) {
    for (const Node& container : pod["spec"][group].items()) {
      for (const Node& port : container["ports"].items()) {
        if (port["name"].as_string() == api::kSidecarAdminName) {
          return {&container, port["containerPort"].as_int()};
        }
      }
    }
  }
  return {};
}

Node node_of(const PodSidecarTls& tls) {
  return Node::map()
      .set("secret", tls.secret)
      .set("serverName", tls.server_name)
      .set("shows", tls.shows);
}

std::optional<PodSidecarTls> tls_in(const Node& node) {
  if (!node.is_map()) return std::nullopt;
  return PodSidecarTls{.secret = node["secret"].as_string(),
                       .server_name = node["serverName"].as_string(),
                       .shows = node["shows"].as_bool()};
}

tl::unexpected<base::Error> no_sidecar(const Node& pod) {
  const Node& meta = pod["metadata"];
  const std::string& status = meta["annotations"][api::kSidecarStatusAnnotation].as_string();
  return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("pod {} has no sidecar: no container of it has a port named {}{}; pods get one "
                  "that are made with the label {}=enabled, or in a namespace with {}=enabled",
                  meta["name"].as_string(), api::kSidecarAdminName,
                  status.empty() ? "" : fmt::format(", and its annotation says '{}'", status),
                  api::kSidecarInjectLabel, api::kSidecarsLabel));
}

}  // namespace

base::Result<PodSidecar> sidecar_of(const Node& pod, const Node& token_secret, const Node& tls) {
  PodSidecar out;
  out.pod = pod["metadata"]["name"].as_string();
  out.uid = pod["metadata"]["uid"].as_string();
  out.ip = pod["status"]["podIP"].as_string();
  const AdminPort port = admin_port_of(pod);
  if (port.container == nullptr) return no_sidecar(pod);
  out.port = port.number;
  if (out.ip.empty()) {
    return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("pod {} has no address yet: its sidecar cannot be asked", out.pod));
  }
  const bool named = token_secret.is_map();
  out.secret = named ? token_secret["name"].as_string()
                     : api::sidecar_config_map(api::sidecar_profile_of(pod));
  out.key = named ? token_secret["key"].as_string() : kTokenKey;
  TRY(out.tls, sidecar_tls_of(pod, *port.container, tls));
  return out;
}

Node node_of(const std::vector<PodSidecar>& sidecars) {
  Node out = Node::sequence();
  for (const PodSidecar& each : sidecars) {
    Node one = Node::map()
                   .set("pod", each.pod)
                   .set("uid", each.uid)
                   .set("ip", each.ip)
                   .set("port", each.port)
                   .set("secret", each.secret)
                   .set("key", each.key);
    if (each.tls) one.set("tls", node_of(*each.tls));
    out.push(std::move(one));
  }
  return out;
}

std::vector<PodSidecar> sidecars_in(const Node& journal) {
  std::vector<PodSidecar> out;
  for (const Node& item : journal.items()) {
    out.push_back({item["pod"].as_string(), item["uid"].as_string(), item["ip"].as_string(),
                   item["port"].as_int(), item["secret"].as_string(), item["key"].as_string(),
                   tls_in(item["tls"])});
  }
  return out;
}

std::string names_of(const std::vector<PodSidecar>& sidecars) {
  std::string out;
  for (const PodSidecar& each : sidecars) out += (out.empty() ? "" : ", ") + each.pod;
  return out;
}

aio::Task<base::Result<std::string>> SidecarTokens::of(std::string secret, std::string key,
                                                       std::stop_token stop) {
  const auto known = known_.find({secret, key});
  if (known != known_.end()) co_return known->second;
  auto token = co_await read(secret, key, std::move(stop));
  if (token) {
    known_.insert_or_assign({secret, key}, *token);
    co_return token;
  }
  if (token.error().code == base::Code::Cancelled) co_return token;
  // Never NotFound: that is what a fault is which has ended.
  co_return base::fail(
      base::Code::FailedPrecondition,
      fmt::format(
          "the token of the sidecar's admin API is expected in key '{}' of Secret {}/{}: {}", key,
          target_.ns(), secret, token.error().message));
}

aio::Task<base::Result<std::string>> SidecarTokens::read(std::string secret, std::string key,
                                                         std::stop_token stop) {
  CO_TRY(const Node object, co_await target_.get(kSecrets, secret, std::move(stop)));
  const Node* const value = object["data"].find(key);
  if (value == nullptr) co_return base::fail(base::Code::NotFound, "it has no such key");
  CO_TRY(std::string token, crypto::base64_decode(value->as_string()));
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) co_return base::fail(base::Code::InvalidArgument, "it is empty");
  co_return token;
}

aio::Task<base::Result<targets::SidecarAdmin>> PodSidecarPlace::find(std::stop_token stop) {
  const std::optional<Pod> now = target_.pod(sidecar_.pod);
  const bool same = now && now->uid == sidecar_.uid && !now->ended() && now->ip == sidecar_.ip;
  if (!same) {
    co_return base::fail(base::Code::NotFound,
                         "it is gone or was started anew, and its fault with it");
  }
  targets::SidecarAdmin out;
  out.address = net::Address{sidecar_.ip, static_cast<std::uint16_t>(sidecar_.port)}.text();
  CO_TRY(out.token, co_await tokens_.of(sidecar_.secret, sidecar_.key, stop));
  if (sidecar_.tls) {
    CO_TRY(out.tls, co_await contexts_.of(*sidecar_.tls, std::move(stop)));
  }
  co_return out;
}

}  // namespace cluster
