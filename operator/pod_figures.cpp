#include "operator/pod_figures.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "operator/injection.h"
#include "operator/pod_limits.h"
#include "sampling/kubelet_stats.h"

namespace op {
namespace {

using api::Node;

constexpr std::size_t kNamespaceMax = 63, kNameMax = 253;

bool has_sidecar(const Node& spec) {
  const auto within = [&](const char* list) {
    return std::ranges::any_of(spec[list].items(), [](const Node& each) {
      return each["name"].as_string() == kSidecarContainer;
    });
  };
  return within("containers") || within("initContainers");
}

Node limits_of(const Node& spec) {
  const PodLimits limits = limits_together(spec);
  Node out = Node::map();
  if (limits.cpu_cores) out.set("cpuCores", *limits.cpu_cores);
  if (limits.memory_bytes) out.set("memoryBytes", *limits.memory_bytes);
  return out;
}

std::vector<std::string> addresses_of(const Node& status) {
  std::vector<std::string> out;
  for (const Node& each : status["podIPs"].items()) out.push_back(each["ip"].as_string());
  if (out.empty()) out.push_back(status["podIP"].as_string());
  std::erase(out, std::string());
  return out;
}

bool is_name(std::string_view text, std::size_t most, bool dots) {
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (dots && c == '.');
  };
  return !text.empty() && text.size() <= most && text != "." && text != ".." &&
         std::ranges::all_of(text, fits);
}

}  // namespace

base::Result<FiguresPod> figures_pod(const Node& pod) {
  if (!has_sidecar(pod["spec"])) {
    return base::fail(base::Code::NotFound,
                      fmt::format("the pod has no container {}", kSidecarContainer));
  }
  FiguresPod out{.uid = pod["metadata"]["uid"].as_string(),
                 .node = pod["spec"]["nodeName"].as_string(),
                 .host = pod["status"]["hostIP"].as_string(),
                 .limits = limits_of(pod["spec"]),
                 .addresses = addresses_of(pod["status"])};
  if (!out.uid.empty() && !out.host.empty()) return out;
  return base::fail(base::Code::NotFound, "the pod is on no node yet");
}

base::Result<SummaryPods> pods_of_summary(std::string_view json) {
  TRY(const Node summary, api::parse_json(json));
  const Node* const pods = summary.find("pods");
  if (pods == nullptr || !pods->is_sequence()) {
    return base::fail(base::Code::InvalidArgument, "a summary of a kubelet has a list of pods");
  }
  SummaryPods out;
  for (const Node& each : pods->items()) {
    const std::string& uid = each["podRef"]["uid"].as_string();
    if (!uid.empty()) out.insert_or_assign(uid, sampling::what_is_read(each, kSidecarContainer));
  }
  return out;
}

std::optional<kube::Key> pod_of_path(std::string_view path) {
  constexpr std::string_view kBegin = "/pods/";
  if (!path.starts_with(kBegin)) return std::nullopt;
  path.remove_prefix(kBegin.size());
  const std::size_t mark = path.find('/');
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view space = path.substr(0, mark);
  const std::string_view name = path.substr(mark + 1);
  if (!is_name(space, kNamespaceMax, false) || !is_name(name, kNameMax, true)) return std::nullopt;
  return kube::Key{std::string(space), std::string(name)};
}

}  // namespace op
