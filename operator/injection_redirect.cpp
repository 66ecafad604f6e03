#include "operator/injection_redirect.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cluster/restricted.h"
#include "operator/injection_container.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kEnforce = "pod-security.kubernetes.io/enforce";

bool has_number(const Node& container, const std::string& name, std::int64_t number) {
  return std::ranges::any_of(container["ports"].items(), [&](const Node& port) {
    return port["containerPort"].as_int() == number && port.has("name") &&
           port["name"].as_string() == name;
  });
}

/// Where `asking`, a probe or a hook, asks for the port.
void look(const Node& container, const Node& asking, const std::string& path, std::int64_t port,
          std::vector<std::string>& out) {
  for (const char* action : {"httpGet", "tcpSocket", "grpc"}) {
    const Node& how = asking[action];
    const Node& asked = how["port"];
    if (!how["host"].as_string().empty()) continue;
    const bool is_it =
        asked.is_string() ? has_number(container, asked.as_string(), port) : asked.as_int() == port;
    if (is_it) out.push_back(fmt::format("{}/{}/port", path, action));
  }
}

/// As its user is root: only of root a container gets the capabilities that it is given.
Node security() {
  return cluster::restricted_container()
      .set("capabilities",
           Node::map().set("drop", Node::strings({"ALL"})).set("add", Node::strings({"NET_ADMIN"})))
      .set("runAsNonRoot", false)
      .set("runAsUser", std::int64_t{0})
      .set("runAsGroup", std::int64_t{0})
      .set("seccompProfile", Node::map().set("type", "RuntimeDefault"));
}

}  // namespace

std::optional<api::SidecarCapture> capture_of(const Node& pod, api::SidecarCapture profiles) {
  const Node* const said = pod["metadata"]["annotations"].find(kCaptureAnnotation);
  if (said == nullptr) return profiles;
  if (said->as_string() == "port") return api::SidecarCapture::Port;
  if (said->as_string() == "redirect") return api::SidecarCapture::Redirect;
  return std::nullopt;
}

std::string refuses_net_admin(const Node& namespace_labels) {
  const std::string& level = namespace_labels[kEnforce].as_string();
  if (level != "baseline" && level != "restricted") return {};
  return fmt::format(
      "the namespace enforces the Pod Security Standard {}, which refuses a redirect", level);
}

std::vector<std::string> askers_of(const Node& pod, std::int64_t port) {
  std::vector<std::string> out;
  for (const char* group : {"containers", "initContainers"}) {
    const Node::Sequence& all = pod["spec"][group].items();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string path = fmt::format("/spec/{}/{}", group, i);
      for (const char* one : {"livenessProbe", "readinessProbe", "startupProbe"}) {
        look(all[i], all[i][one], fmt::format("{}/{}", path, one), port, out);
      }
      for (const char* one : {"postStart", "preStop"}) {
        look(all[i], all[i]["lifecycle"][one], fmt::format("{}/lifecycle/{}", path, one), port,
             out);
      }
    }
  }
  return out;
}

Node redirect_container(const CapturedPort& port, const api::SidecarInjection& injection,
                        const SidecarSettings& settings) {
  return Node::map()
      .set("name", kRedirectContainer)
      .set("image", settings.image)
      .set("imagePullPolicy", settings.pull_policy)
      .set("command", Node::strings({"muster-redirect"}))
      .set("args", Node::strings({fmt::format("--port={}", port.number),
                                  fmt::format("--to={}", kSidecarPort),
                                  fmt::format("--probes={}", kSidecarProbePort)}))
      .set("resources", resources_of(injection.resources))
      .set("securityContext", security())
      .set("volumeMounts", Node::sequence({no_token()}));
}

}  // namespace op
