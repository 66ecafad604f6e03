#include "sidecar/options_watch.h"

#include <charconv>
#include <cstdint>
#include <string>

#include "aio/file.h"
#include "sidecar/options_flags.h"
#include "sidecar/pod_figures.h"

namespace sidecar {
namespace {

constexpr std::int64_t kMemoryBytesMax = std::int64_t{1} << 53U;
constexpr double kCoresMin = 0.001, kCoresMax = 100'000;

/// Nothing: it is not set, no number, or out of range.
template <class Number>
std::optional<Number> of_environment(const char* name, Number least, Number most) {
  const std::string text = aio::env_or(name, "");
  Number out{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && out >= least && out <= most ? std::optional(out) : std::nullopt;
}

void limit_flags(CLI::App& app, Settings& settings) {
  app.add_option("--memory-limit-bytes", settings.memory_limit_bytes,
                 "what of memory the watched may use, where nobody else tells it; default: "
                 "MUSTER_MEMORY_LIMIT_BYTES, else what the machine has")
      ->check(CLI::Range(std::int64_t{1}, kMemoryBytesMax));
  app.add_option("--cpu-limit-cores", settings.cpu_limit_cores,
                 "the same of CPU, such as 0.5; default: MUSTER_CPU_LIMIT_CORES, else what the "
                 "machine has")
      ->check(CLI::Range(kCoresMin, kCoresMax));
}

}  // namespace

void watch_flags(CLI::App& app, Settings& settings) {
  list_flag(app, "--endpoint", settings.endpoints.rules,
            "an endpoint by its template, such as /users/{id}, may be repeated");
  app.add_option("--endpoints-max", settings.endpoints.most,
                 "endpoints that figures are kept of; all others are \"other\"")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("!--no-automatic-endpoints", settings.endpoints.automatic,
               "only the endpoints that --endpoint names");
  app.add_option("--watch", settings.watch,
                 "whose CPU and memory: auto, pod, none, pid:N or cgroup:N")
      ->capture_default_str();
  limit_flags(app, settings);
  app.add_option("--pod-figures", settings.pod_figures,
                 "where the kubelet's figures of this pod are asked for when auto sees none, such "
                 "as http://HOST:8081/pods/NAMESPACE/NAME; default: "
                 "MUSTER_POD_FIGURES, else nowhere");
}

base::Result<> settle_watch(Settings& settings) {
  if (!settings.memory_limit_bytes) {
    settings.memory_limit_bytes = of_environment<std::uint64_t>(
        "MUSTER_MEMORY_LIMIT_BYTES", 1, static_cast<std::uint64_t>(kMemoryBytesMax));
  }
  if (!settings.cpu_limit_cores) {
    settings.cpu_limit_cores = of_environment("MUSTER_CPU_LIMIT_CORES", kCoresMin, kCoresMax);
  }
  TRY(check_pod_figures(settings.pod_figures));
  TRY(traffic::Endpoints::create(settings.endpoints));
  return {};
}

}  // namespace sidecar
