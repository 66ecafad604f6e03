#include "sidecar/watch.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "sampling/disk_space.h"
#include "sidecar/kubelet_words.h"
#include "sidecar/log.h"
#include "sidecar/machine.h"
#include "sidecar/metric_text.h"
#include "sidecar/outlook_words.h"
#include "sidecar/replies.h"
#include "sidecar/watch_words.h"

namespace sidecar {
namespace {

constexpr base::Duration kJudged = base::seconds(60);
constexpr std::size_t kCommBytesMax = 64;

base::Result<std::int32_t> pid_of(const std::string& watch, std::string_view digits) {
  std::int32_t pid = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() && pid > 0)
    return pid;
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("--watch '{}': auto, pod, none, pid:N or cgroup:N", watch));
}

/// In a pod that shares its process namespace the first process is the pause container's.
bool sees_the_pod() {
  auto comm = aio::read_file("/proc/1/comm", kCommBytesMax);
  if (!comm) return false;
  while (comm->ends_with('\n')) comm->pop_back();
  return sampling::is_pause(1, *comm);
}

std::optional<double> percent(std::optional<double> ratio) {
  return ratio ? std::optional(*ratio * 100) : std::nullopt;
}

/// A path that cannot be seen is left out of the fullest; it may come later.
void tell_if_unseen(const std::string& path) {
  if (sampling::space_of(path)) return;
  log(Level::Warning, "a disk path cannot be looked at: it is not watched while that is so",
      {{"path", path}});
}

/// What the configuration says of limits, which counts where nobody else says one.
sampling::SamplerSpec spec_of(const Settings& settings) {
  sampling::SamplerSpec out;
  out.limits = {.cpu_cores = settings.cpu_limit_cores, .memory_bytes = settings.memory_limit_bytes};
  return out;
}

/// Where nothing is watched but disks that are named, and perhaps the network: of the machine
/// nothing is told as if it were the application's.
sampling::SamplerSpec spec_without_processes(const Settings& settings) {
  sampling::SamplerSpec out;
  out.disks = settings.alerts.disk_paths;
  out.machine = false;
  return out;
}

class NoProcesses final : public sampling::Source {
 public:
  void read(sampling::Reading& /*reading*/, sampling::Reader& /*reader*/) override {}
  std::string_view container(std::uint32_t /*group*/) const override { return {}; }
};

}  // namespace

base::Result<std::unique_ptr<sampling::Source>> watched_source(const std::string& watch) {
  std::unique_ptr<sampling::Source> none;
  if (watch == "none" || (watch == "auto" && !sees_the_pod())) return none;
  if (watch == "pod" || watch == "auto") {
    return sampling::processes_of({.proc = "/proc", .roots = {}, .self = getpid()});
  }
  const std::size_t colon = watch.find(':');
  const std::string_view kind = std::string_view(watch).substr(0, colon);
  TRY(const std::int32_t pid,
      pid_of(watch, colon == std::string::npos ? "" : std::string_view(watch).substr(colon + 1)));
  if (kind == "cgroup") return sampling::cgroup_of_process(pid);
  if (kind != "pid") return tl::unexpected(pid_of(watch, "").error());
  if (access(fmt::format("/proc/{}", pid).c_str(), F_OK) != 0) {
    return base::fail(base::Code::NotFound, fmt::format("--watch '{}': no such process", watch));
  }
  return sampling::processes_of({.proc = "/proc", .roots = {pid}, .self = getpid()});
}

bool runs_in_a_pod() {
  return !aio::env_or("KUBERNETES_SERVICE_HOST", "").empty();
}

Watch::Watch(aio::Clock& clock, const Settings& settings, const Shared& shared,
             std::unique_ptr<sampling::Source> source)
    : clock_(clock),
      settings_(settings),
      shared_(shared),
      pod_(settings.alerts.samples_kept),
      alerts_(settings.alerts.thresholds,
              {.cooldown = settings.alerts.cooldown, .forget_after = kJudged}),
      outlook_(settings.outlook, {.cooldown = settings.alerts.cooldown}),
      began_(clock.now()) {
  const std::vector<std::string>& paths = settings.alerts.disk_paths;
  for (const std::string& path : paths) tell_if_unseen(path);
  if (source == nullptr && paths.empty()) return;
  sampling::SamplerSpec spec;
  if (source == nullptr) {
    spec = spec_without_processes(settings);
    spec.network_of.clear();
    source = std::make_unique<NoProcesses>();
  } else {
    spec = spec_of(settings);
    if (!paths.empty()) spec.disks = paths;
  }
  sampler_ = std::make_unique<sampling::Sampler>(std::move(source), std::move(spec));
}

/// File systems are the kubelet's to tell: the sidecar's own is not the application's. Those that
/// are named are among them as often as it is heard.
void Watch::follow(std::unique_ptr<sampling::KubeletSource> kubelet) {
  kubelet_ = kubelet.get();
  sampling::SamplerSpec spec = spec_of(settings_);
  spec.disks = settings_.alerts.disk_paths;
  sampler_ = std::make_unique<sampling::Sampler>(std::move(kubelet), std::move(spec));
}

void Watch::watch_network() {
  sampler_ = std::make_unique<sampling::Sampler>(std::make_unique<NoProcesses>(),
                                                 spec_without_processes(settings_));
}

aio::Task<base::Result<>> Watch::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (co_await aio::wait_for(clock_, sampling::kInterval, stop)) sample();
  }
  co_return base::Result<>{};
}

void Watch::sample() {
  const base::TimePoint now = clock_.now();
  const std::optional<sampling::Sample> sample = take_sample(now);
  totals_.clear();
  shared_.requests->add_up(totals_);
  requests_.sample(totals_, now);
  const alert::Samples measured = samples(current());
  alerts_.set(settings_.alerts.thresholds);
  verdict_ = alert::judge_health(alerts_.thresholds(), measured);
  // A quiet minute is no reason to know nothing of what was well before it.
  measured_ = measured_ || verdict_.health != alert::Health::Unknown;
  if (measured_ && verdict_.health == alert::Health::Unknown)
    verdict_.health = alert::Health::Healthy;
  const bool deaf = kubelet_ != nullptr && !kubelet_->fresh(now);
  if (deaf && verdict_.health == alert::Health::Healthy) verdict_.health = alert::Health::Unknown;
  for (const auto& told : alerts_.step(measured, now)) {
    log(told.notice.resolved ? Level::Info : Level::Warning,
        told.notice.resolved ? "alert resolved" : "alert firing",
        {{"alert", alert::name(told.measure)},
         {"severity", alert::name(told.notice.severity)},
         {"value", told.value ? fmt::format("{:.1f}", *told.value) : "none"},
         {"threshold", fmt::format("{:.1f}", told.limit)},
         {"unit", alert::unit(told.measure)}});
  }
  look_out(sample, now);
}

/// What the kubelet said is in one sample, however long it stays the newest.
std::optional<sampling::Sample> Watch::take_sample(base::TimePoint now) {
  if (sampler_ == nullptr) return std::nullopt;
  const bool heard = kubelet_ != nullptr && kubelet_->waiting();
  sampling::Sample out = sampler_->sample(now);
  if (heard) of_kubelet_ = out;
  if (kubelet_ != nullptr && !heard) out = without_kubelet(out);
  pod_.add(out);
  return out;
}

std::optional<sampling::Sample> Watch::current() const {
  const auto newest = pod_.current();
  if (!newest || kubelet_ == nullptr) return newest;
  if (!of_kubelet_ || !kubelet_->fresh(clock_.now())) return without_kubelet(*newest);
  return with_kubelet(*newest, *of_kubelet_);
}

/// The kubelet does not say which of its file systems it is.
std::optional<std::string> Watch::disk_path(const std::optional<sampling::Sample>& sample) const {
  if (!sample || kubelet_ != nullptr || !(*sample)[sampling::Figure::DiskRatio])
    return std::nullopt;
  return sampler_->disks()[sample->disk];
}

/// What is unusual is told, and is no issue.
void Watch::look_out(const std::optional<sampling::Sample>& sample, base::TimePoint now) {
  const auto values =
      series_values(sample, requests_.window(traffic::kSlice, now), settings_.alerts.errors_from);
  for (const auto& told : outlook_.step(values, now)) {
    const auto score = outlook_.state(told.series).z;
    log(told.notice.resolved ? Level::Info : Level::Warning,
        fmt::format("{} {}", told.trend ? "trend" : "anomaly",
                    told.notice.resolved ? "resolved" : "firing"),
        {{"series", alert::name(told.series)},
         {"severity", alert::name(told.notice.severity)},
         {"value", fmt::format("{:.1f}", told.value)},
         {"unit", alert::unit(told.series)},
         {"score", score ? fmt::format("{:.1f}", *score) : "none"}});
  }
}

alert::Samples Watch::samples(const std::optional<sampling::Sample>& sample) const {
  alert::Samples out;
  if (sample) {
    out[index(alert::Measure::Cpu)] = percent((*sample)[sampling::Figure::CpuRatio]);
    out[index(alert::Measure::Memory)] = percent((*sample)[sampling::Figure::MemoryRatio]);
    out[index(alert::Measure::Disk)] = percent((*sample)[sampling::Figure::DiskRatio]);
  }
  const traffic::WindowFigures window = requests_.window(kJudged, clock_.now());
  if (window.p95) {
    out[index(alert::Measure::ResponseP95)] = static_cast<double>(window.p95->count()) / 1e6;
  }
  out[index(alert::Measure::ErrorRate)] = percent(error_rate(window, settings_.alerts.errors_from));
  if (database_connections_) {
    out[index(alert::Measure::DatabaseConnections)] = database_connections_();
  }
  return out;
}

std::optional<double> Watch::cpu_ratio() const {
  const auto average = pod_.average({.from = clock_.now() - kJudged});
  return average ? (*average)[sampling::Figure::CpuRatio] : std::nullopt;
}

net::HttpReply Watch::health() const {
  api::Node out = health_node(verdict_).set("anomalies", active_node(outlook_));
  if (kubelet_ != nullptr) out.set("source", source_node(*kubelet_, clock_.now()));
  return json_reply(static_cast<unsigned>(alert::http_status(verdict_.health)), out);
}

net::HttpReply Watch::metrics(const net::HttpRequest& request) const {
  const std::size_t mark = request.target.find('?');
  const auto range = range_of(mark == std::string::npos ? "" : request.target.substr(mark + 1));
  return range ? metrics(*range) : error_reply(400, range.error().message);
}

net::HttpReply Watch::metrics(base::Duration range) const {
  const base::TimePoint now = clock_.now();
  const base::WallTime wall = clock_.wall_now();
  const sampling::TimeRange asked{.from = now - range};
  const auto said = [&](const std::optional<sampling::Sample>& sample) {
    return sample ? sample_node(*sample, wall - (now - sample->at)) : api::Node();
  };
  const auto newest = current();
  api::Node current_node = said(newest);
  if (const auto path = disk_path(newest)) current_node.set("disk_path", *path);
  api::Node timeline = api::Node::sequence();
  for (const sampling::Sample& each : pod_.timeline(asked, timeline_step(range))) {
    timeline.items().push_back(said(each));
  }
  api::Node requests = api::Node::map();
  for (const auto& [name, length] : kWindows) {
    requests.set(name, window_node(requests_.window(length, now)));
  }
  api::Node out = api::Node::map()
                      .set("rangeSeconds", range / base::seconds(1))
                      .set("current", std::move(current_node))
                      .set("averages", said(pod_.average(asked)))
                      .set("timeline", std::move(timeline))
                      .set("requests", std::move(requests))
                      .set("thresholds", thresholds_node(settings_.alerts))
                      .set("anomalies", outlook_node(outlook_));
  if (kubelet_ != nullptr) out.set("source", source_node(*kubelet_, now));
  return json_reply(200, out);
}

api::Node Watch::system() const {
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  return machine_node()
      .set("uptimeSeconds", (clock_.now() - began_) / base::seconds(1))
      .set("processors", cores)
      .set("threads", static_cast<std::int64_t>(shared_.requests->shards()))
      .set("mode", settings_.mode == Mode::Http ? "http" : "tcp")
      .set("watch", settings_.watch)
      .set("connections", shared_.requests->connections())
      .set("requestsInFlight", shared_.requests->in_flight())
      .set("endpoints", static_cast<std::int64_t>(shared_.endpoints->size()))
      .set("endpointsFull", shared_.endpoints->full());
}

std::string Watch::exposition() const {
  std::string out;
  const auto newest = current();
  for (std::size_t i = 0; newest && i < sampling::kFigures; ++i) {
    const auto figure = static_cast<sampling::Figure>(i);
    const auto value = (*newest)[figure];
    if (!value) continue;
    const std::string name = fmt::format("muster_pod_{}", sampling::name(figure));
    const bool told = kubelet_ != nullptr && is_of_kubelet(figure);
    out += metric_head(name, name.ends_with("_total") ? "counter" : "gauge",
                       "Of the newest sample of the pod.");
    out += fmt::format("{}{} {}\n", name, told ? "{source=\"kubelet\"}" : "", *value);
  }
  if (kubelet_ != nullptr) out += source_exposition(*kubelet_, clock_.now());
  out += metric_head("muster_sidecar_health", "gauge", "1 for the present verdict.");
  for (const auto health : {alert::Health::Unknown, alert::Health::Healthy, alert::Health::Degraded,
                            alert::Health::Unhealthy}) {
    out += fmt::format("muster_sidecar_health{{verdict=\"{}\"}} {}\n", alert::name(health),
                       health == verdict_.health ? 1 : 0);
  }
  return out + outlook_exposition(outlook_);
}

}  // namespace sidecar
