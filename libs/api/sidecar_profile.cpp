#include "api/sidecar_profile.h"

#include <array>

#include "api/decode.h"
#include "api/tables.h"

namespace api {
namespace {

SidecarResources resources_of(const Node& resources) {
  const auto of = [&](const char* which, const char* what) {
    return resources[which][what].as_string();
  };
  return {of("requests", "cpu"), of("requests", "memory"), of("limits", "cpu"),
          of("limits", "memory")};
}

SidecarCapture capture_of(const std::string& word) {
  if (word == "None") return SidecarCapture::None;
  return word == "Redirect" ? SidecarCapture::Redirect : SidecarCapture::Port;
}

}  // namespace

std::string sidecar_config_map(std::string_view profile) {
  return "muster-sidecar-" + std::string(profile);
}

std::string sidecar_profile_of(const Node& pod) {
  const std::string& named = pod["metadata"]["annotations"][kSidecarProfileAnnotation].as_string();
  return named.empty() ? kDefaultSidecarProfile : named;
}

base::Result<SidecarInjection> sidecar_injection(const Node& profile) {
  const FieldSpec& table = table_at(sidecar_profile_table(), "spec.injection");
  const Node* const written = profile["spec"].find("injection");
  const ActionCatalog none;
  Decoder decoder(kSidecarProfile, none);
  const Node node = decoder.decode(written ? *written : Node::map(), table, "spec.injection");
  if (const Problems problems = decoder.take(); !problems.empty()) {
    return base::fail(base::Code::InvalidArgument, format(problems));
  }
  SidecarInjection out;
  out.port = node["port"].as_string();
  out.container = node["container"].as_string();
  out.capture = capture_of(node["capture"].as_string());
  out.resources = resources_of(node["resources"]);
  if (const Node* const tls = node.find("adminTls")) {
    out.admin_tls = {.secret = (*tls)["secret"].as_string(),
                     .client_ca_key = (*tls)["clientCaKey"].as_string()};
  }
  return out;
}

bool says_limits(const Node& profile) {
  return profile["spec"].has("limits");
}

std::span<const std::string_view> fields_of_requests() {
  // What protects comes first: it is told first.
  static constexpr auto kFields = std::to_array<std::string_view>({
      "deny",
      "allow",
      "limitRules",
      "concurrencyMax",
      "users",
      "trustedProxies",
      "unlimitedPaths",
      "limitKeysMax",
      "offenderAddresses",
      "botRequestsMax",
      "botPagesMin",
      "redis",
      "redisPrefix",
      "redisPasswordFile",
      "redisTls",
      "redisCaFile",
      "limitsWithoutRedis",
      "limitsClosedAfterSeconds",
      "fingerprintKeyFile",
      "drillKeyFile",
      "userHeader",
      "userCookie",
      "usersMax",
      "userRequestsMax",
      "userMemoryBytesMax",
      "userCpuPercentMax",
      "userDatabaseConnectionsMax",
      "userStrategy",
      "userHigh",
      "userLow",
      "userQueueMax",
      "userWaitSeconds",
      "bodyBytesMax",
      "idleSeconds",
      "responseSeconds",
      "stallSeconds",
      "upstreamIdleMax",
      "upstreamIdleSeconds",
      "contentSecurityPolicy",
      "securityHeaders",
      "ownSecurityHeaders",
      "frameOptions",
      "referrerPolicy",
      "permissionsPolicy",
      "strictTransportSecurity",
      "nonceHeader",
      "crossOriginOpenerPolicy",
      "crossOriginEmbedderPolicy",
      "crossOriginResourcePolicy",
      "forwarded",
      "makeTrace",
      "cacheBytesMax",
      "cacheEntriesMax",
      "cacheEntryBytesMax",
      "cacheSecondsMax",
      "cacheRoutes",
      "cacheWaitSeconds",
      "cacheRedis",
      "cacheRedisSeconds",
      "endpoints",
      "endpointsMax",
      "automaticEndpoints",
      "errorsFrom",
      "rumPath",
  });
  return kFields;
}

}  // namespace api
