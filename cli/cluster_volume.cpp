#include "cli/cluster_volume.h"

#include <fmt/format.h>

#include "aio/deadline.h"
#include "cluster/objects.h"
#include "cluster/restricted.h"
#include "kube/exec.h"
#include "report/columns.h"

namespace cli {
namespace {

using api::Node;

constexpr const char* kBundle = "bundle.muster";
constexpr const char* kContainer = "reader";
constexpr const char* kMount = "/evidence";
constexpr std::int64_t kLivesSeconds = 300;
constexpr base::Duration kStartsWithin = base::seconds(90);
constexpr base::Duration kLookEvery = base::millis(300);
constexpr base::Duration kReadWithin = base::seconds(120);
constexpr std::size_t kBundleMax = std::size_t{1} << 30U;

Node mount_of() {
  return Node::map().set("name", "evidence").set("mountPath", kMount).set("readOnly", true);
}

Node volume_of(const cluster::DrillObject& drill) {
  const Node claim =
      Node::map().set("claimName", drill.status["evidence"]["name"]).set("readOnly", true);
  return Node::map().set("name", "evidence").set("persistentVolumeClaim", claim);
}

Node container_of(const Node& image, const Node& pull_policy) {
  return Node::map()
      .set("name", kContainer)
      .set("image", image)
      .set("imagePullPolicy", pull_policy)
      .set("command",
           Node::strings({"muster-operator", "hold", "--seconds", std::to_string(kLivesSeconds)}))
      .set("securityContext", cluster::restricted_container())
      .set("volumeMounts", Node::sequence({mount_of()}));
}

std::string bundle_path(const cluster::DrillObject& drill) {
  return fmt::format("{}/{}/{}", kMount, drill.status["evidence"]["path"].as_string(), kBundle);
}

base::Error by_hand(const cluster::DrillObject& drill, const std::string& why) {
  return {base::Code::FailedPrecondition, why + "; " + how_from_volume(drill)};
}

/// Why a container does not start, of those reasons that do not pass.
std::string stuck(const Node& pod) {
  for (const Node& container : pod["status"]["containerStatuses"].items()) {
    const Node& waiting = container["state"]["waiting"];
    const std::string& reason = waiting["reason"].as_string();
    if (reason.starts_with("Err") || reason.ends_with("BackOff") || reason.ends_with("Error")) {
      return fmt::format("{}: {}", reason, waiting["message"].as_string());
    }
  }
  return "";
}

aio::Task<base::Result<>> until_ready(ClusterLink& link, kube::Key key) {
  const base::TimePoint until = link.clock().now() + kStartsWithin;
  while (true) {
    CO_TRY(const Node pod, co_await link.get(cluster::kPods, key));
    const Node* ready = cluster::condition_of(pod["status"]["conditions"], "Ready");
    if (ready != nullptr && (*ready)["status"].as_string() == "True") co_return base::Result<>{};
    std::string why = stuck(pod);
    if (why.empty() && link.clock().now() >= until) {
      why = fmt::format("it is {} after {}", pod["status"]["phase"].as_string(),
                        base::human(kStartsWithin));
    }
    if (!why.empty()) co_return base::fail(base::Code::FailedPrecondition, std::move(why));
    co_await aio::wait_for(link.clock(), kLookEvery, {});
  }
}

aio::Task<base::Result<std::string>> read_in(ClusterLink& link, kube::Key pod, std::string path) {
  if (auto ready = co_await until_ready(link, pod); !ready) {
    co_return tl::unexpected(ready.error().with(fmt::format("pod {} does not start", pod.name)));
  }
  kube::ExecRequest request;
  request.pod = pod;
  request.container = kContainer;
  request.argv = {"muster-operator", "print", path};
  request.output_bytes_max = kBundleMax;
  CO_TRY(kube::ExecOutcome read, co_await kube::exec(link.clock(), link.client(), request,
                                                     link.clock().now() + kReadWithin, {}));
  if (read.exit_code == 0 && !read.truncated) co_return std::move(read.out);
  const std::string why = read.truncated ? "it is larger than 1 GiB" : report::one_line(read.err);
  co_return base::fail(base::Code::DataLoss, fmt::format("{} of the volume: {}", path, why));
}

}  // namespace

Node volume_reader(const cluster::DrillObject& drill, const Node& runner) {
  const Node& container = runner["spec"]["containers"].items().front();
  Node spec =
      Node::map()
          .set("restartPolicy", "Never")
          .set("activeDeadlineSeconds", kLivesSeconds)
          .set("terminationGracePeriodSeconds", 1)
          .set("automountServiceAccountToken", false)
          .set("enableServiceLinks", false)
          .set("securityContext", cluster::restricted_pod())
          .set("containers",
               Node::sequence({container_of(container["image"], container["imagePullPolicy"])}))
          .set("volumes", Node::sequence({volume_of(drill)}));
  if (runner["spec"].has("imagePullSecrets")) {
    spec.set("imagePullSecrets", runner["spec"]["imagePullSecrets"]);
  }
  const Node labels = Node::map()
                          .set("app.kubernetes.io/name", "muster")
                          .set("app.kubernetes.io/component", "evidence-reader");
  return Node::map()
      .set("apiVersion", "v1")
      .set("kind", "Pod")
      .set("metadata", Node::map().set("generateName", "muster-evidence-").set("labels", labels))
      .set("spec", std::move(spec));
}

std::string how_from_volume(const cluster::DrillObject& drill) {
  const Node& evidence = drill.status["evidence"];
  const Node container = Node::map()
                             .set("name", "evidence")
                             .set("image", "busybox")
                             .set("command", Node::strings({"sleep", "600"}))
                             .set("volumeMounts", Node::sequence({mount_of()}));
  const std::string overrides =
      api::to_json(Node::map().set("spec", Node::map()
                                               .set("volumes", Node::sequence({volume_of(drill)}))
                                               .set("containers", Node::sequence({container}))));
  return fmt::format(
      "the evidence of drill {0} is on the volume of PersistentVolumeClaim {1} in namespace {2}, "
      "in folder {3}. By hand:\n"
      "  kubectl -n {2} run evidence --image=busybox --overrides='{4}'\n"
      "  kubectl -n {2} wait pod/evidence --for=condition=Ready\n"
      "  kubectl -n {2} cp evidence:/evidence/{3} {0}\n"
      "  kubectl -n {2} delete pod evidence\n"
      "  muster verify {0}/{5}",
      drill.key.name, evidence["name"].as_string(), drill.key.space,
      report::one_line(evidence["path"].as_string()), overrides, kBundle);
}

aio::Task<base::Result<std::string>> bundle_on_volume(ClusterLink& link,
                                                      cluster::DrillObject drill) {
  const std::string& runner_name = drill.status["runner"]["pod"].as_string();
  if (runner_name.empty()) co_return tl::unexpected(by_hand(drill, "it is not known who wrote it"));
  const auto runner = co_await link.get(cluster::kPods, {drill.key.space, runner_name});
  if (!runner || (*runner)["spec"]["containers"].size() == 0) {
    const std::string why = runner ? "it has no container" : runner.error().message;
    co_return tl::unexpected(
        by_hand(drill, "the image of the drill's runner is not known: " + why));
  }
  const auto made =
      co_await link.create(cluster::kPods, drill.key.space, volume_reader(drill, *runner));
  if (!made) {
    co_return tl::unexpected(by_hand(drill, "no pod can read the volume: " + made.error().message));
  }
  const kube::Key pod{drill.key.space, (*made)["metadata"]["name"].as_string()};
  auto bytes = co_await read_in(link, pod, bundle_path(drill));
  // Where it cannot be deleted it ends by itself.
  static_cast<void>(
      co_await link.remove(cluster::kPods, pod, (*made)["metadata"]["uid"].as_string()));
  if (!bytes && bytes.error().code == base::Code::FailedPrecondition) {
    co_return tl::unexpected(by_hand(drill, bytes.error().message));
  }
  co_return bytes;
}

}  // namespace cli
