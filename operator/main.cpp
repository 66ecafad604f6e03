// The `muster-operator` program: the operator, and what it starts in the pods of a drill.
//   muster-operator run     watches Drills and plans, and sees to the pods
//   muster-operator drill   in a pod of one drill: carries it out
//   muster-operator guard   in another pod of it: undoes it when the first one is gone
//   muster-operator vantage beside the latter: measures the drill from there
//   muster-operator pod-figures  asks kubelets for what sidecars cannot see of their pods
//   muster-operator end-drills   before the release goes: ends what is under way
//   muster-operator check   for `helm test`: the kinds are served, the operator is ready
//   muster-operator hold, print   in a pod that has a volume with evidence: stands there, and says
//                                 what a file has (cli/cluster_volume.h)
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/deadline.h"
#include "aio/file.h"
#include "aio/signal.h"
#include "cli/version.h"
#include "operator/carry_out.h"
#include "operator/check.h"
#include "operator/end_drills.h"
#include "operator/guard.h"
#include "operator/pod_figures_server.h"
#include "operator/program.h"
#include "operator/vantage.h"
#include "probes/responder.h"

namespace {

void pod_flags(CLI::App* app, op::PodOptions& options) {
  app->add_option("--namespace", options.ns, "the Drill's namespace")->required();
  app->add_option("--name", options.drill, "the Drill")->required();
  app->add_option("--drill-uid", options.drill_uid,
                  "its UID: another one of its name is left alone");
  app->add_option("--pod-name", options.pod, "this pod")->envname("POD_NAME")->required();
  app->add_option("--pod-uid", options.pod_uid, "its UID")->envname("POD_UID")->required();
  app->add_option("--node", options.node, "its node")->envname("NODE_NAME");
  app->add_option("--kubeconfig", options.kubeconfig, "default: the pod's service account");
  app->add_option("--state-dir", options.state_dir, "where the drill keeps its files");
  app->add_option("--name-server", options.name_server,
                  "who knows the host names of the plan, HOST:PORT; default: as this machine");
}

void admission_flags(CLI::App* app, op::AdmissionOptions& admission) {
  app->add_option("--admission", admission.name,
                  "the Service, Secret and webhook configuration of this name; default: none");
  app->add_option("--admission-listen", admission.listen, "where API servers ask")
      ->capture_default_str();
  app->add_option("--deployment", admission.deployment, "whose Secrets those of servers are");
  app->add_option("--audit-log", admission.audit_log,
                  "a file for who asked for what, besides this program's log");
}

void metrics_flags(CLI::App* app, op::MetricsOptions& metrics) {
  app->add_option("--metrics-secure", metrics.name,
                  "the Service and Secret of this name: metrics over TLS, for those whom the API "
                  "server lets get /metrics; default: in the open, beside health");
  app->add_option("--metrics-secure-listen", metrics.listen, "where they are served then")
      ->capture_default_str();
}

void sidecar_flags(CLI::App* app, op::SidecarSettings& sidecar) {
  app->add_option("--sidecar-image", sidecar.image,
                  "of the sidecars that are put into pods; default: none are, or a policy of the "
                  "API server does");
  api::SidecarResources& amounts = sidecar.resources;
  constexpr const char* kWhen = "of sidecars whose profile says none; default: none";
  app->add_option("--sidecar-cpu-request", amounts.cpu_request, kWhen);
  app->add_option("--sidecar-cpu-limit", amounts.cpu_limit, kWhen);
  app->add_option("--sidecar-memory-request", amounts.memory_request, kWhen);
  app->add_option("--sidecar-memory-limit", amounts.memory_limit, kWhen);
  app->add_option("--sidecar-pod-figures", sidecar.pod_figures,
                  "the URL of `pod-figures`, which sidecars ask for what their kubelet knows; "
                  "default: they ask nobody");
  app->add_option("--sidecar-pull-policy", sidecar.pull_policy, "of that image")
      ->check(CLI::IsMember({"Always", "IfNotPresent", "Never"}))
      ->capture_default_str();
}

/// Of the pods of drills, and of who makes them.
void drill_pod_flags(CLI::App* app, op::PodSettings& pods, std::int64_t& grace_seconds) {
  app->add_option("--image", pods.image, "of the pods of drills")
      ->envname("MUSTER_IMAGE")
      ->required();
  app->add_option("--pull-policy", pods.pull_policy, "of that image")
      ->check(CLI::IsMember({"Always", "IfNotPresent", "Never"}))
      ->capture_default_str();
  app->add_option("--evidence-claim", pods.evidence_claim,
                  "a PersistentVolumeClaim of the drill's namespace; default: a Secret");
  app->add_option("--key-secret", pods.key_secret,
                  "a Secret of the drill's namespace with evidence.key; default: a key per drill");
  app->add_option("--drill-key-secret", pods.drill_key_secret,
                  "a Secret of the drill's namespace with drill.key, under which its requests are "
                  "signed; default, and where there is none: they are not");
  app->add_option("--drill-https-proxy", pods.https_proxy,
                  "by which the pods of drills reach the API server; default: HTTPS_PROXY")
      ->envname("HTTPS_PROXY");
  app->add_option("--drill-no-proxy", pods.no_proxy,
                  "what they reach without it, as NO_PROXY has it; default: NO_PROXY")
      ->envname("NO_PROXY");
  app->add_option("--undo-grace-seconds", grace_seconds,
                  "how long an undo may take when a pod is asked to end")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
}

CLI::App* run_flags(CLI::App& app, op::ProgramOptions& program, std::int64_t& lease_seconds,
                    std::int64_t& begin_seconds) {
  CLI::App* run = app.add_subcommand("run", "the operator");
  run->add_option("--kubeconfig", program.kubeconfig,
                  "default: KUBECONFIG, the pod's service account, ~/.kube/config");
  run->add_option("--pod-name", program.pod, "who this is")->envname("POD_NAME")->required();
  run->add_option("--pod-uid", program.pod_uid, "its UID")->envname("POD_UID")->required();
  run->add_option("--lease-namespace", program.lease_ns, "where the Lease is; default: its own")
      ->envname("POD_NAMESPACE");
  run->add_flag("!--no-leader-election", program.elect, "for one replica that is never doubled");
  run->add_option("--lease-seconds", lease_seconds, "how long a lease lasts, 3 to 3600")
      ->check(CLI::Range(3, 3600))
      ->capture_default_str();
  run->add_option("--begin-within-seconds", begin_seconds,
                  "how long a drill waits for its runner before it ends without having begun")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  run->add_option("--listen", program.listen, "where metrics and health are served")
      ->capture_default_str();
  run->add_option("--watch-namespace", program.controllers.ns, "only this one; default: all");
  admission_flags(run, program.admission);
  metrics_flags(run, program.metrics);
  sidecar_flags(run, program.admission.sidecar);
  drill_pod_flags(run, program.controllers.pods, program.controllers.grace_seconds);
  return run;
}

CLI::App* end_flags(CLI::App& app, op::EndDrillsOptions& end, std::int64_t& lease_seconds,
                    std::int64_t& within_seconds) {
  CLI::App* out = app.add_subcommand("end-drills", "ends all drills, before the operator goes");
  out->add_option("--kubeconfig", end.kubeconfig,
                  "default: KUBECONFIG, the pod's service account, ~/.kube/config");
  out->add_option("--pod-name", end.pod, "who this is")->envname("POD_NAME")->required();
  out->add_option("--pod-uid", end.pod_uid, "its UID")->envname("POD_UID")->required();
  out->add_option("--operator-namespace", end.home, "where the operator and its Lease are")
      ->envname("POD_NAMESPACE")
      ->required();
  out->add_option("--operator", end.deployment, "its Deployment")->required();
  out->add_option("--namespace", end.spaces, "where its drills are; as often as there are any");
  out->add_option("--lease-seconds", lease_seconds, "how long the operator's lease lasts")
      ->check(CLI::Range(3, 3600))
      ->capture_default_str();
  out->add_option("--within-seconds", within_seconds, "how long that may take")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  drill_pod_flags(out, end.pods, end.grace_seconds);
  return out;
}

CLI::App* check_flags(CLI::App& app, op::CheckOptions& check, std::int64_t& within_seconds) {
  CLI::App* out = app.add_subcommand("check", "whether the operator is there and ready");
  out->add_option("--kubeconfig", check.kubeconfig,
                  "default: KUBECONFIG, the pod's service account, ~/.kube/config");
  out->add_option("--url", check.url, "of its /readyz")->required();
  out->add_option("--within-seconds", within_seconds, "how long it may take to be")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  return out;
}

CLI::App* pod_figures_flags(CLI::App& app, op::PodFiguresOptions& figures) {
  CLI::App* out = app.add_subcommand("pod-figures", "asks kubelets for what sidecars cannot see");
  out->add_option("--kubeconfig", figures.kubeconfig,
                  "default: KUBECONFIG, the pod's service account, ~/.kube/config");
  out->add_option("--listen", figures.listen, "where sidecars ask")->capture_default_str();
  out->add_option("--kubelet-port", figures.kubelet_port, "of every kubelet")
      ->check(CLI::Range(1, 65'535))
      ->capture_default_str();
  auto* const authority =
      out->add_option("--kubelet-ca-file", figures.kubelet_ca_file,
                      "who vouches for kubelets, in PEM; default: who does for the API server");
  out->add_flag("--kubelet-insecure", figures.kubelet_insecure,
                "kubelets are not verified: whoever has a node's address is shown our token")
      ->excludes(authority);
  out->add_flag("--any-client", figures.any_client,
                "whoever asks for a pod is answered, not the pod's own address alone");
  return out;
}

/// Of who reads evidence from a volume.
struct Reading {
  CLI::App* hold = nullptr;
  CLI::App* print = nullptr;
  std::int64_t seconds = 300;
  std::string file;
};

void reading_flags(CLI::App& app, Reading& reading) {
  reading.hold = app.add_subcommand("hold", "does nothing for a while")->group("");
  reading.hold->add_option("--seconds", reading.seconds, "how long")->check(CLI::Range(1, 86'400));
  reading.print = app.add_subcommand("print", "writes a file to standard output")->group("");
  reading.print->add_option("file", reading.file, "its path")->required();
}

aio::Task<base::Result<int>> stand(aio::Clock& clock, base::Duration length) {
  const aio::Deadline limit(clock, co_await boost::asio::this_coro::executor, clock.now() + length,
                            {});
  co_return co_await aio::wait_signal({SIGINT, SIGTERM}, limit.token());
}

/// That nobody ended it is as good an end.
int hold(std::int64_t seconds) {
  boost::asio::io_context context;
  aio::SystemClock clock;
  static_cast<void>(aio::run(context, stand(clock, base::seconds(seconds))));
  return EXIT_SUCCESS;
}

constexpr std::size_t kEvidenceMax = std::size_t{1} << 30U;

int print(const std::string& file) {
  const auto bytes = aio::read_file(file, kEvidenceMax);
  if (!bytes) fmt::print(stderr, "error: {}\n", bytes.error().message);
  if (!bytes) return EXIT_FAILURE;
  const bool written = std::fwrite(bytes->data(), 1, bytes->size(), stdout) == bytes->size();
  return written && std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

CLI::App* vantage_flags(CLI::App& app, op::PodOptions& pod) {
  CLI::App* out = app.add_subcommand("vantage", "measures a Drill from its guardian's pod");
  pod_flags(out, pod);
  return out;
}

/// What the runner starts in the vantage's container, to speak with it.
CLI::App* link_flags(CLI::App& app, op::PodOptions& pod) {
  CLI::App* out = app.add_subcommand("vantage-link", "relays to the vantage of this pod");
  out->group("");
  out->add_option("--state-dir", pod.state_dir, "where the vantage keeps its files");
  return out;
}

int respond(const std::vector<std::string>& words) {
  const auto options = probes::ResponderOptions::parse(words);
  if (!options) {
    fmt::print(stderr, "error: {}\n", options.error().message);
    return EXIT_FAILURE;
  }
  return probes::run_responder(*options) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  aio::ignore_sigpipe();
  CLI::App app{"Disaster-recovery drills in a Kubernetes cluster.", "muster-operator"};
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", cli::version_line());

  op::ProgramOptions program;
  std::int64_t lease_seconds = 15;
  std::int64_t begin_seconds = 300;
  const CLI::App* run = run_flags(app, program, lease_seconds, begin_seconds);
  op::EndDrillsOptions end;
  std::int64_t end_seconds = 240;
  const CLI::App* end_all = end_flags(app, end, lease_seconds, end_seconds);
  op::CheckOptions check;
  std::int64_t check_seconds = 60;
  const CLI::App* look = check_flags(app, check, check_seconds);

  op::PodOptions pod;
  pod.version = cli::version();
  pod.revision = cli::revision();
  pod.compiler = cli::compiler();
  op::PodFiguresOptions figures;
  const CLI::App* figures_of_pods = pod_figures_flags(app, figures);
  CLI::App* drill = app.add_subcommand("drill", "carries out one Drill");
  pod_flags(drill, pod);
  drill->add_option("--evidence-dir", pod.evidence_dir, "a mounted volume; default: a Secret");
  drill->add_option("--evidence-claim", pod.evidence_claim, "what that volume is called");
  drill->add_option("--evidence-key", pod.evidence_key,
                    "the private key that signs, PEM; default: one made for this drill");
  CLI::App* guard = app.add_subcommand("guard", "undoes a Drill whose runner is gone");
  pod_flags(guard, pod);
  const CLI::App* vantage = vantage_flags(app, pod);
  const CLI::App* link = link_flags(app, pod);

  // What a drill starts of its own program: its known outages come from another process.
  CLI::App* responder = app.add_subcommand("responder", "the reference responder")->group("");
  responder->prefix_command();

  Reading reading;
  reading_flags(app, reading);

  CLI11_PARSE(app, count, arguments);
  if (reading.hold->parsed()) return hold(reading.seconds);
  if (reading.print->parsed()) return print(reading.file);
  if (responder->parsed()) return respond(responder->remaining());
  program.lease = base::seconds(lease_seconds);
  program.build = {cli::version(), cli::revision(), cli::compiler()};
  program.controllers.begin_within = base::seconds(begin_seconds);
  if (run->parsed()) return op::run_operator(program);
  if (figures_of_pods->parsed()) return op::serve_pod_figures(figures);
  end.lease = base::seconds(lease_seconds);
  end.within = base::seconds(end_seconds);
  if (end_all->parsed()) return op::end_drills(end);
  check.within = base::seconds(check_seconds);
  if (look->parsed()) return op::check(check);
  if (vantage->parsed()) return op::measure_beside(pod);
  if (link->parsed()) return op::vantage_link(pod);
  return drill->parsed() ? op::carry_out(pod) : op::guard(pod);
}
