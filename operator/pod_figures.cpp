#include "operator/pod_figures.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "operator/injection.h"
#include "operator/injection_profile.h"
#include "sampling/kubelet_stats.h"

namespace op {
namespace {

using api::Node;

constexpr std::size_t kNamespaceMax = 63, kNameMax = 253;

/// Those that run beside each other, but the sidecar. An init container that ends is none of them.
std::vector<const Node*> application_of(const Node& spec) {
  std::vector<const Node*> out;
  for (const char* list : {"containers", "initContainers"}) {
    const bool init = list == std::string_view("initContainers");
    for (const Node& each : spec[list].items()) {
      const bool stays = !init || each["restartPolicy"].as_string() == "Always";
      if (stays && each["name"].as_string() != kSidecarContainer) out.push_back(&each);
    }
  }
  return out;
}

bool has_sidecar(const Node& spec) {
  const auto within = [&](const char* list) {
    return std::ranges::any_of(spec[list].items(), [](const Node& each) {
      return each["name"].as_string() == kSidecarContainer;
    });
  };
  return within("containers") || within("initContainers");
}

std::optional<double> limit_of(const Node& resources, const char* what) {
  const auto parsed = parse_quantity(resources["limits"][what].as_string());
  return parsed && *parsed > 0 ? std::optional(*parsed) : std::nullopt;
}

/// Of all together; nothing: one of them may take what there is.
std::optional<double> limit_together(const Node& spec, const char* what) {
  std::optional<double> sum = 0.0;
  for (const Node* each : application_of(spec)) {
    const auto one = limit_of((*each)["resources"], what);
    sum = sum && one ? std::optional(*sum + *one) : std::nullopt;
  }
  // That of the whole pod holds the sidecar too, which is little.
  const auto whole = limit_of(spec["resources"], what);
  return whole && (!sum || *whole < *sum) ? whole : sum;
}

Node limits_of(const Node& spec) {
  Node out = Node::map();
  if (const auto cores = limit_together(spec, "cpu"); cores && *cores > 0) {
    out.set("cpuCores", *cores);
  }
  constexpr double kMost = 1e18;
  const auto bytes = limit_together(spec, "memory");
  if (bytes && *bytes >= 1 && *bytes < kMost) {
    out.set("memoryBytes", static_cast<std::int64_t>(std::llround(*bytes)));
  }
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
