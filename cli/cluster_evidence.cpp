#include "cli/cluster_evidence.h"

#include <fmt/format.h>

#include "cli/cluster_story.h"
#include "cluster/objects.h"
#include "crypto/base64.h"
#include "report/columns.h"

namespace cli {
namespace {

using api::Node;

constexpr const char* kBundle = "bundle.muster";

/// A pod that holds the volume, for `kubectl cp`, which needs a tar in the pod's image.
std::string how_from_volume(const cluster::DrillObject& drill) {
  const Node& evidence = drill.status["evidence"];
  const std::string& claim = evidence["name"].as_string();
  const std::string& ns = drill.key.space;
  const std::string overrides = api::to_json(Node::map().set(
      "spec",
      Node::map()
          .set("volumes", Node::sequence({Node::map()
                                              .set("name", "e")
                                              .set("persistentVolumeClaim",
                                                   Node::map().set("claimName", claim))}))
          .set(
              "containers",
              Node::sequence(
                  {Node::map()
                       .set("name", "evidence")
                       .set("image", "busybox")
                       .set("command", Node::strings({"sleep", "600"}))
                       .set("volumeMounts",
                            Node::sequence(
                                {Node::map().set("name", "e").set("mountPath", "/evidence")}))}))));
  return fmt::format(
      "the evidence of drill {0} is on the volume of PersistentVolumeClaim {1} in namespace {2}, "
      "in "
      "folder {3}, which no request to the API server can read. A pod can:\n"
      "  kubectl -n {2} run evidence --image=busybox --overrides='{4}'\n"
      "  kubectl -n {2} wait pod/evidence --for=condition=Ready\n"
      "  kubectl -n {2} cp evidence:/evidence/{3} {0}\n"
      "  kubectl -n {2} delete pod evidence\n"
      "  muster verify {0}/{5}",
      drill.key.name, claim, ns, report::one_line(evidence["path"].as_string()), overrides,
      kBundle);
}

}  // namespace

std::string why_no_evidence(const cluster::DrillObject& drill) {
  const std::string& kind = drill.status["evidence"]["kind"].as_string();
  if (kind == "Secret" || kind == "ConfigMap") return "";
  if (kind == "PersistentVolumeClaim") return how_from_volume(drill);
  if (!has_ended(drill)) {
    return fmt::format("drill {} is in phase {}: its evidence is written at its end",
                       drill.key.name, drill.phase().empty() ? "Pending" : drill.phase());
  }
  std::string out = fmt::format("drill {} left no evidence", drill.key.name);
  const std::vector<std::string> problems = drill.status["problems"].as_strings();
  for (const std::string& problem : problems) out += "; " + report::one_line(problem);
  if (problems.empty() && !drill.status["reason"].as_string().empty()) {
    out += ": " + report::one_line(drill.status["reason"].as_string());
  }
  return out;
}

base::Result<std::string> bundle_in(const Node& holder, const std::string& key) {
  const std::string what = name_of(holder);
  for (const char* part : {"data", "binaryData"}) {
    const Node* value = holder[part].find(key);
    if (value == nullptr) continue;
    auto bytes = crypto::base64_decode(value->as_string());
    if (!bytes) {
      return base::fail(base::Code::DataLoss,
                        fmt::format("{}: {}.{}: {}", what, part, key, bytes.error().message));
    }
    return bytes;
  }
  return base::fail(base::Code::DataLoss, fmt::format("{} has no {}", what, key));
}

aio::Task<base::Result<std::string>> fetch_bundle(ClusterLink& link, cluster::DrillObject drill) {
  if (std::string why = why_no_evidence(drill); !why.empty()) {
    co_return base::fail(base::Code::FailedPrecondition, std::move(why));
  }
  const Node& evidence = drill.status["evidence"];
  const bool secret = evidence["kind"].as_string() == "Secret";
  const kube::Key key{drill.key.space, evidence["name"].as_string()};
  if (key.name.empty()) {
    co_return base::fail(base::Code::DataLoss, "status.evidence.name is empty");
  }
  CO_TRY(const Node holder,
         co_await link.get(secret ? cluster::kSecrets : cluster::kConfigMaps, key));
  const std::string& path = evidence["path"].as_string();
  co_return bundle_in(holder, path.empty() ? kBundle : path);
}

}  // namespace cli
