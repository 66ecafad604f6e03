#include "operator/pod_figures_server.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/taken.h"
#include "net/http_server.h"
#include "operator/figures_book.h"
#include "operator/log.h"

namespace op {
namespace {

constexpr base::Duration kLookEvery = base::millis(250);
constexpr base::Duration kWithin = base::seconds(8);
/// Requests of ours. Neither waits for the other: kubelets that hang hold up no look-up, and names
/// that nobody has hold up no kubelet.
constexpr FiguresBook::Room kAtOnce{.pods = 32, .hosts = 16};
/// Of an answer; ten times what a kubelet says of a hundred pods. A few together, one of them
/// parsed, are less than the pod may take (podFigures.resources).
constexpr std::size_t kBodyBytesMax = std::size_t{4} << 20U;
/// One question each: clients that keep none open.
constexpr net::HttpServerLimits kLimits{
    .connections_max = 1024, .body_bytes_max = 1024, .idle = base::seconds(5), .between = {}};

kube::ClientOptions client_options() {
  kube::ClientOptions out;
  out.user_agent = "muster-pod-figures";
  out.timeout = kWithin;
  out.body_bytes_max = kBodyBytesMax;
  return out;
}

class PodFiguresServer {
 public:
  explicit PodFiguresServer(const PodFiguresOptions& options)
      : options_(options), book_(options.any_client) {}

  int run() {
    const auto done = aio::run(context_, whole());
    if (!done) log(Level::Error, done.error().message, {});
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    CO_TRY(config_, kube::load_config(options_.kubeconfig, {}));
    CO_TRY(client_, kube::Client::make(clock_, context_.get_executor(), config_, client_options()));
    CO_TRY(auto server,
           net::HttpServer::listen(
               clock_, context_.get_executor(), options_.listen,
               [this](const net::HttpRequest& request) { return serve(request); }, kLimits));
    log(Level::Info, "serving",
        {{"port", std::to_string(server->port())},
         {"kubelets", options_.kubelet_insecure ? "taken at their word" : "verified"}});
    aio::TaskGroup group(context_.get_executor());
    group.spawn(server->serve(group.token()));
    group.spawn(work(group.token()));
    static_cast<void>(co_await aio::wait_signal({SIGINT, SIGTERM}, {}));
    group.cancel();
    static_cast<void>(co_await group.join());
    co_return true;
  }

  aio::Task<base::Result<>> work(std::stop_token stop) {
    aio::TaskGroup pods(context_.get_executor(), stop);
    aio::TaskGroup hosts(context_.get_executor(), stop);
    const auto left = [](std::size_t most, const aio::TaskGroup& group) {
      return most - std::min(group.running(), most);
    };
    while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
      const FiguresBook::Work due = book_.due(
          clock_.now(), {.pods = left(kAtOnce.pods, pods), .hosts = left(kAtOnce.hosts, hosts)});
      for (const std::string& host : due.hosts) hosts.spawn(read(host, hosts.token()));
      for (const FiguresBook::Asked& asked : due.pods) pods.spawn(look_up(asked, pods.token()));
    }
    static_cast<void>(co_await pods.join());
    co_return co_await hosts.join();
  }

  aio::Task<base::Result<>> look_up(FiguresBook::Asked asked, std::stop_token stop) {
    const auto seen = co_await pod_at(asked.pod, stop);
    if (!stop.stop_requested()) book_.found(asked, seen, clock_.now());
    co_return base::Result<>{};
  }

  aio::Task<base::Result<FiguresPod>> pod_at(kube::Key pod, std::stop_token stop) {
    CO_TRY(const kube::Reply reply, kube::taken(co_await client_->get(kube::kPods, pod, stop),
                                                "get pods " + kube::to_string(pod)));
    CO_TRY(const api::Node object, api::parse_json(reply.body));
    co_return figures_pod(object);
  }

  aio::Task<base::Result<>> read(std::string host, std::stop_token stop) {
    const auto summary = co_await summary_of(host, stop);
    if (stop.stop_requested()) co_return base::Result<>{};
    ++reads_[summary ? 0 : 1];
    note(host, summary ? std::string() : summary.error().message);
    book_.read(host, summary, clock_.now());
    co_return base::Result<>{};
  }

  /// A connection of its own each time: kubelets are many, and asked seldom.
  aio::Task<base::Result<SummaryPods>> summary_of(std::string host, std::stop_token stop) {
    CO_TRY(const auto kubelet,
           kube::Client::make(clock_, context_.get_executor(), kubelet_at(host), client_options()));
    const std::string target = "/stats/summary";
    CO_TRY(const kube::Reply reply,
           kube::taken(co_await kubelet->send("GET", target, "", "", stop), "get " + target));
    co_return pods_of_summary(reply.body);
  }

  kube::Config kubelet_at(const std::string& host) const {
    const bool v6 = host.find(':') != std::string::npos;
    kube::Config out;
    out.user = config_.user;
    out.cluster.server =
        fmt::format("https://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", options_.kubelet_port);
    out.cluster.insecure = options_.kubelet_insecure;
    if (!options_.kubelet_insecure) {
      out.cluster.authority = options_.kubelet_ca_file.empty()
                                  ? config_.cluster.authority
                                  : kube::Pem{.text = {}, .file = options_.kubelet_ca_file};
    }
    return out;
  }

  /// The first failure of each kubelet, and its end.
  void note(const std::string& host, const std::string& why) {
    const bool fails = !why.empty();
    if (fails == failing_.contains(host)) return;
    if (fails) {
      failing_.insert(host);
      log(Level::Warning, "a kubelet gives no figures", {{"host", host}, {"why", why}});
      return;
    }
    failing_.erase(host);
    log(Level::Info, "a kubelet gives figures again", {{"host", host}});
  }

  net::HttpReply serve(const net::HttpRequest& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/healthz" || path == "/readyz") return {200, "text/plain", "ok\n"};
    if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics()};
    const auto pod = pod_of_path(path);
    if (!pod) return {404, "text/plain", "try /pods/NAMESPACE/NAME, /metrics or /healthz\n"};
    FiguresBook::Answer answer = book_.ask(*pod, request.client, clock_.now());
    ++answers_[answer.status == 200 ? 0 : answer.status == 202 ? 1 : 2];
    return {answer.status, "application/json", std::move(answer.body)};
  }

  std::string metrics() const {
    return fmt::format(
        "# HELP muster_pod_figures_wanted Pods whose sidecars have asked of late.\n"
        "# TYPE muster_pod_figures_wanted gauge\n"
        "muster_pod_figures_wanted {}\n"
        "# HELP muster_pod_figures_unknown Names that were asked for and not found, or not yet.\n"
        "# TYPE muster_pod_figures_unknown gauge\n"
        "muster_pod_figures_unknown {}\n"
        "# HELP muster_pod_figures_kubelets Kubelets that are asked.\n"
        "# TYPE muster_pod_figures_kubelets gauge\n"
        "muster_pod_figures_kubelets {}\n"
        "# HELP muster_pod_figures_kubelet_reads_total Times when a kubelet was asked.\n"
        "# TYPE muster_pod_figures_kubelet_reads_total counter\n"
        "muster_pod_figures_kubelet_reads_total{{result=\"ok\"}} {}\n"
        "muster_pod_figures_kubelet_reads_total{{result=\"failed\"}} {}\n"
        "# HELP muster_pod_figures_answers_total Answers to sidecars.\n"
        "# TYPE muster_pod_figures_answers_total counter\n"
        "muster_pod_figures_answers_total{{result=\"ok\"}} {}\n"
        "muster_pod_figures_answers_total{{result=\"pending\"}} {}\n"
        "muster_pod_figures_answers_total{{result=\"none\"}} {}\n",
        book_.pods(), book_.names(), book_.hosts(), reads_[0], reads_[1], answers_[0], answers_[1],
        answers_[2]);
  }

  const PodFiguresOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  kube::Config config_;
  std::unique_ptr<kube::Client> client_;
  FiguresBook book_;
  std::set<std::string> failing_;
  std::array<std::uint64_t, 2> reads_{};
  std::array<std::uint64_t, 3> answers_{};
};

}  // namespace

int serve_pod_figures(const PodFiguresOptions& options) {
  return PodFiguresServer(options).run();
}

}  // namespace op
