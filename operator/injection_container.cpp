#include "operator/injection_container.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cluster/restricted.h"
#include "operator/injection_admin_tls.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kFolder = "/etc/muster/sidecar";
/// The API server mounts a token of the pod's account there, if nothing else is. A program that
/// everybody may connect to should not have one.
constexpr const char* kTokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr const char* kDataName = "muster-data";

Node port_of(const std::string& name, std::int64_t number) {
  return Node::map().set("name", name).set("containerPort", number).set("protocol", "TCP");
}

Node probe(const AdminTls& tls, const char* path, int period_seconds, int failures) {
  Node get = Node::map().set("path", path).set("port", kSidecarAdminPort);
  if (tls) get.set("scheme", "HTTPS");
  return Node::map()
      .set("httpGet", std::move(get))
      .set("periodSeconds", period_seconds)
      .set("timeoutSeconds", 5)
      .set("failureThreshold", failures);
}

Node amounts(const std::string& cpu, const std::string& memory) {
  Node out = Node::map();
  if (!cpu.empty()) out.set("cpu", cpu);
  if (!memory.empty()) out.set("memory", memory);
  return out;
}

/// The pod may say another user, or root: the sidecar is the image's all the same.
Node security() {
  return cluster::restricted_container()
      .set("runAsNonRoot", true)
      .set("runAsUser", cluster::kPodUser)
      .set("runAsGroup", cluster::kPodUser)
      .set("seccompProfile", Node::map().set("type", "RuntimeDefault"));
}

/// An address in brackets is right whether it is of IPv4 or of IPv6, and `localhost` is an
/// application that listens in either family only.
Node args_of(const CapturedPort& port, const AdminTls& tls) {
  std::vector<std::string> out{fmt::format("--config={}/{}", kFolder, api::kSidecarProfileKey),
                               "--config-optional",
                               fmt::format("--upstream=localhost:{}", port.number),
                               fmt::format("--listen=:{}", kSidecarPort),
                               fmt::format("--admin-listen=[$(POD_IP)]:{}", kSidecarAdminPort)};
  for (std::string& each : admin_tls_args(tls)) out.push_back(std::move(each));
  return Node::strings(out);
}

Node of_the_pod(const char* name, const char* field) {
  return Node::map()
      .set("name", name)
      .set("valueFrom", Node::map().set("fieldRef", Node::map().set("fieldPath", field)));
}

Node variable(const char* name, std::string value) {
  return Node::map().set("name", name).set("value", std::move(value));
}

/// To a thousandth of a core, as Kubernetes has them: a sum of fractions says no more than that.
std::string text_of_cores(double cores) {
  constexpr double kMillis = 1000;
  return fmt::format("{}", std::round(cores * kMillis) / kMillis);
}

/// What came after the first sidecars is told by variables (sidecar/pod_figures.h): the image may
/// be an older one, which would end at a flag that it does not know, and the pod never start. And
/// what the profile says of limits wins over a variable, whatever it says when.
Node env_of(const SidecarSettings& settings, const PodLimits& limits) {
  Node out = Node::sequence({of_the_pod("POD_IP", "status.podIP")});
  if (!settings.pod_figures.empty()) {
    out.push(of_the_pod("POD_NAMESPACE", "metadata.namespace"));
    out.push(of_the_pod("POD_NAME", "metadata.name"));
    out.push(of_the_pod("MUSTER_POD_UID", "metadata.uid"));
    out.push(variable("MUSTER_POD_FIGURES",
                      settings.pod_figures + "/pods/$(POD_NAMESPACE)/$(POD_NAME)"));
  }
  if (limits.memory_bytes) {
    out.push(variable("MUSTER_MEMORY_LIMIT_BYTES", std::to_string(*limits.memory_bytes)));
  }
  if (limits.cpu_cores) {
    out.push(variable("MUSTER_CPU_LIMIT_CORES", text_of_cores(*limits.cpu_cores)));
  }
  return out;
}

Node mount_at(const char* path) {
  return Node::map().set("name", kSidecarVolume).set("mountPath", path).set("readOnly", true);
}

Node mounts_of(const AdminTls& tls) {
  Node out = Node::sequence({mount_at(kFolder), no_token()});
  if (tls) out.push(admin_tls_mount());
  return out;
}

Node source(const char* kind, const std::string& name) {
  return Node::map().set(kind, Node::map().set("name", name).set("optional", true));
}

}  // namespace

Node resources_of(const api::SidecarResources& from) {
  return Node::map()
      .set("requests", amounts(from.cpu_request, from.memory_request))
      .set("limits", amounts(from.cpu_limit, from.memory_limit));
}

Node no_token() {
  return mount_at(kTokenFolder);
}

Node sidecar_container(const CapturedPort& port, const api::SidecarInjection& injection,
                       const SidecarSettings& settings, const PodLimits& limits) {
  const std::string& data = port.name.empty() ? kDataName : port.name;
  const AdminTls& tls = injection.admin_tls;
  return Node::map()
      .set("name", kSidecarContainer)
      .set("image", settings.image)
      .set("imagePullPolicy", settings.pull_policy)
      .set("restartPolicy", "Always")
      .set("command", Node::strings({"muster-sidecar"}))
      .set("args", args_of(port, tls))
      .set("env", env_of(settings, limits))
      .set("ports", Node::sequence({port_of(data, kSidecarPort),
                                    port_of(api::kSidecarAdminName, kSidecarAdminPort)}))
      // The application starts when the sidecar serves; ready is who has an application that is.
      .set("startupProbe", probe(tls, "/livez", 1, 60))
      .set("livenessProbe", probe(tls, "/livez", 10, 3))
      .set("readinessProbe", probe(tls, "/readyz", 5, 2))
      .set("resources", resources_of(injection.resources))
      .set("securityContext", security())
      .set("volumeMounts", mounts_of(tls));
}

Node sidecar_volume(const std::string& profile) {
  const std::string name = api::sidecar_config_map(profile);
  return Node::map()
      .set("name", kSidecarVolume)
      .set("projected", Node::map().set("sources", Node::sequence({source("configMap", name),
                                                                   source("secret", name)})));
}

}  // namespace op
