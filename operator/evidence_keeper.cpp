#include "operator/evidence_keeper.h"

#include <fmt/format.h>

#include "aio/file.h"
#include "cluster/objects.h"
#include "crypto/base64.h"
#include "kube/taken.h"
#include "operator/drill_pods.h"

namespace op {
namespace {

constexpr const char* kBundle = "bundle.muster";
constexpr std::size_t kSecretMax = 1024 * 1024;  // Source: core/v1 MaxSecretSize

/// A Secret's name may have 253 characters, as a Drill's.
std::string secret_name(const std::string& drill) {
  const std::string end = "-evidence";
  return drill.substr(0, 253 - end.size()) + end;
}

base::Result<EvidencePlace> on_volume(const std::string& bytes, const runner::DrillDir& dir,
                                      const PodOptions& options) {
  const std::string path = options.ns + "/" + dir.id();
  const std::string folder = options.evidence_dir + "/" + path;
  TRY(aio::make_dirs(folder));
  TRY(aio::write_file_atomic(folder + "/" + kBundle, bytes));
  for (const auto& [from, name] :
       {std::pair{dir.report_json(), "report.json"}, std::pair{dir.report_html(), "report.html"},
        std::pair{dir.junit(), "junit.xml"}}) {
    TRY(const std::string text, aio::read_file(from));
    TRY(aio::write_file_atomic(folder + "/" + name, text));
  }
  return EvidencePlace{"PersistentVolumeClaim", options.evidence_claim, path};
}

aio::Task<base::Result<EvidencePlace>> in_secret(kube::Client& client,
                                                 const cluster::DrillObject& drill,
                                                 std::string bytes) {
  if (bytes.size() > kSecretMax) {
    co_return base::fail(
        base::Code::ResourceExhausted,
        fmt::format("the bundle has {} bytes and a Secret may have {}: keep evidence on a volume",
                    bytes.size(), kSecretMax));
  }
  const std::string name = secret_name(drill.key.name);
  const api::Node secret =
      api::Node::map()
          .set("apiVersion", "v1")
          .set("kind", "Secret")
          .set("metadata", api::Node::map()
                               .set("name", name)
                               .set("labels", api::Node::map()
                                                  .set("app.kubernetes.io/name", "muster")
                                                  .set(kDrillLabel, drill.uid)))
          .set("data", api::Node::map().set(kBundle, crypto::base64_encode(bytes)));
  auto reply =
      co_await client.patch(cluster::kSecrets, {drill.key.space, name}, kube::PatchType::Apply,
                            api::to_json(secret), {.field_manager = "muster", .force = true}, {});
  CO_TRY(kube::taken(std::move(reply), fmt::format("apply secrets {}/{}", drill.key.space, name)));
  co_return EvidencePlace{"Secret", name, kBundle};
}

}  // namespace

aio::Task<base::Result<KeptEvidence>> keep_evidence(kube::Client& client,
                                                    const cluster::DrillObject& drill,
                                                    runner::DrillDir dir, PodOptions options) {
  CO_TRY(const std::string bytes, aio::read_file(dir.bundle()));
  KeptEvidence out;
  if (!options.evidence_dir.empty()) {
    const auto place = on_volume(bytes, dir, options);
    if (place) co_return KeptEvidence{*place, ""};
    out.problem = fmt::format("the evidence is not on the volume {}: {}", options.evidence_claim,
                              place.error().message);
  }
  auto place = co_await in_secret(client, drill, bytes);
  if (!place && !out.problem.empty()) {
    co_return base::fail(place.error().code,
                         out.problem + ", nor in a Secret: " + place.error().message);
  }
  CO_TRY(out.place, std::move(place));
  co_return out;
}

}  // namespace op
