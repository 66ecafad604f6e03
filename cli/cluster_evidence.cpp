#include "cli/cluster_evidence.h"

#include <fmt/format.h>

#include "cli/cluster_story.h"
#include "cli/cluster_volume.h"
#include "cluster/objects.h"
#include "crypto/base64.h"
#include "report/columns.h"

namespace cli {
namespace {

using api::Node;

constexpr const char* kBundle = "bundle.muster";
constexpr const char* kClaim = "PersistentVolumeClaim";

}  // namespace

std::string why_no_evidence(const cluster::DrillObject& drill) {
  const std::string& kind = drill.status["evidence"]["kind"].as_string();
  if (kind == "Secret" || kind == "ConfigMap" || kind == kClaim) return "";
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
  if (evidence["kind"].as_string() == kClaim) co_return co_await bundle_on_volume(link, drill);
  CO_TRY(const Node holder,
         co_await link.get(secret ? cluster::kSecrets : cluster::kConfigMaps, key));
  const std::string& path = evidence["path"].as_string();
  co_return bundle_in(holder, path.empty() ? kBundle : path);
}

}  // namespace cli
