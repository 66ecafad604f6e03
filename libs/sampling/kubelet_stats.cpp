#include "sampling/kubelet_stats.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace sampling {
namespace {

using api::Node;

constexpr std::size_t kContainersMax = 1024;  // far above what a pod can have

std::optional<std::uint64_t> count(const Node& node) {
  if (!node.is_int() || node.as_int() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(node.as_int());
}

std::optional<double> amount(const Node& node) {
  if (!node.is_int() && !node.is_double()) return std::nullopt;
  const double value = node.as_double();
  return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

/// Takes `digits` of them off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int out = 0;
  if (text.size() < digits) return std::nullopt;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return out;
}

std::optional<int> take_number_behind(std::string_view& text, char mark) {
  if (!text.starts_with(mark)) return std::nullopt;
  text.remove_prefix(1);
  return take_number(text, 2);
}

/// ".123", of any length; digits below a nanosecond are dropped.
std::optional<base::Duration> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return base::Duration{};
  text.remove_prefix(1);
  std::int64_t out = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits < 9) out = out * 10 + (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  for (std::size_t i = digits; i < 9; ++i) out *= 10;
  text.remove_prefix(digits);
  return base::Duration(out);
}

double share(const Node& percent) {
  return std::min(amount(percent).value_or(0) / 100, 1.0);
}

std::optional<Stall> stall_of(const Node& said) {
  if (!amount(said["avg10"]) || !amount(said["avg60"]) || !amount(said["avg300"])) {
    return std::nullopt;
  }
  return Stall{share(said["avg10"]), share(said["avg60"]), share(said["avg300"]), 0};
}

std::optional<Pressure> pressure_of(const Node& psi) {
  const auto some = stall_of(psi["some"]);
  if (!some) return std::nullopt;
  return Pressure{*some, stall_of(psi["full"])};
}

/// A kubelet whose kernel does not count says 0 to all of it. Of a pod that is counted something
/// has waited for the processor by the time at which it is looked at.
bool is_counted(const Node& pod) {
  for (const char* resource : {"cpu", "memory", "io"}) {
    for (const char* which : {"some", "full"}) {
      if (amount(pod[resource]["psi"][which]["total"]).value_or(0) > 0) return true;
    }
  }
  return false;
}

void look_at_pressure(KubeletStats& stats, const Node& pod) {
  if (!is_counted(pod)) return;
  stats.cpu_pressure = pressure_of(pod["cpu"]["psi"]);
  stats.memory_pressure = pressure_of(pod["memory"]["psi"]);
  stats.io_pressure = pressure_of(pod["io"]["psi"]);
}

double fullness(const DiskSpace& disk) {
  return static_cast<double>(disk.used_bytes) / static_cast<double>(disk.total_bytes);
}

/// The file system that something of the pod is on. What the pod itself has there (usedBytes) says
/// nothing of how full it is.
void look_at_disk(std::optional<DiskSpace>& fullest, const Node& said) {
  const auto total = count(said["capacityBytes"]);
  const auto free = count(said["availableBytes"]);
  if (!total || !free || *total == 0 || *free > *total) return;
  const DiskSpace disk{*total, *total - *free, *free};
  if (!fullest || fullness(disk) > fullness(*fullest)) fullest = disk;
}

void look_at_container(KubeletStats& stats, const Node& said, std::optional<base::WallTime>& at) {
  ContainerStats out{.name = said["name"].as_string()};
  if (const auto nano = amount(said["cpu"]["usageNanoCores"])) out.cpu_cores = *nano / 1e9;
  out.working_set_bytes = count(said["memory"]["workingSetBytes"]);
  out.swap_bytes = count(said["swap"]["swapUsageBytes"]);
  for (const char* what : {"cpu", "memory"}) {
    const auto when = parse_utc(said[what]["time"].as_string());
    if (when && (!at || *when > *at)) at = when;
  }
  look_at_disk(stats.disk, said["rootfs"]);
  stats.containers.push_back(std::move(out));
}

Limits limits_of(const Node& said) {
  Limits out;
  out.cpu_cores = amount(said["cpuCores"]);
  out.memory_bytes = count(said["memoryBytes"]);
  if (out.cpu_cores && *out.cpu_cores <= 0) out.cpu_cores.reset();
  if (out.memory_bytes && *out.memory_bytes == 0) out.memory_bytes.reset();
  return out;
}

/// What has these keys and is neither a map nor a list.
Node only(const Node& said, std::initializer_list<const char*> keys) {
  Node out = Node::map();
  for (const char* key : keys) {
    const Node* at = said.find(key);
    if (at != nullptr && !at->is_map() && !at->is_sequence()) out.set(key, *at);
  }
  return out;
}

Node container_fields(const Node& said) {
  return only(said, {"name"})
      .set("cpu", only(said["cpu"], {"time", "usageNanoCores"}))
      .set("memory", only(said["memory"], {"time", "workingSetBytes"}))
      .set("swap", only(said["swap"], {"swapUsageBytes"}))
      .set("rootfs", only(said["rootfs"], {"capacityBytes", "availableBytes"}));
}

Node pressure_fields(const Node& psi) {
  Node out = Node::map();
  for (const char* which : {"some", "full"}) {
    if (psi.has(which)) out.set(which, only(psi[which], {"total", "avg10", "avg60", "avg300"}));
  }
  return Node::map().set("psi", std::move(out));
}

base::Result<KubeletStats> no_figures(const char* why) {
  return base::fail(base::Code::InvalidArgument, std::string("the kubelet's figures: ") + why);
}

}  // namespace

std::optional<base::WallTime> parse_utc(std::string_view text) {
  using namespace std::chrono;
  const auto year_said = take_number(text, 4);
  const auto month_said = take_number_behind(text, '-');
  const auto day_said = take_number_behind(text, '-');
  const auto hour = take_number_behind(text, 'T');
  const auto minute = take_number_behind(text, ':');
  const auto second = take_number_behind(text, ':');
  const auto fraction = take_fraction(text);
  if (!year_said || !month_said || !day_said || !hour || !minute || !second || !fraction) {
    return std::nullopt;
  }
  const year_month_day date(year(*year_said), month(static_cast<unsigned>(*month_said)),
                            day(static_cast<unsigned>(*day_said)));
  // A time of 64 bits in nanoseconds ends in 2262. The zero time of a kubelet that has not looked
  // yet is of the year 1, and no time at all.
  const bool in_range = date.ok() && *year_said >= 1970 && *year_said < 2262;
  if (text != "Z" || !in_range || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const base::Duration since = sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) +
                               seconds(*second) + *fraction;
  return base::WallTime(since);
}

base::Result<KubeletStats> parse_kubelet_stats(std::string_view json, std::string_view sidecar) {
  TRY(const Node said, api::parse_json(json));
  const Node& pod = said["pod"];
  if (!pod.is_map()) return no_figures("there is no pod in them");
  KubeletStats out;
  out.uid = pod["podRef"]["uid"].as_string();
  std::optional<base::WallTime> at;
  for (const Node& each : pod["containers"].items()) {
    if (out.containers.size() == kContainersMax) return no_figures("too many containers");
    if (each["name"].as_string() != sidecar) look_at_container(out, each, at);
  }
  if (!at) return no_figures("no container has a time");
  out.at = *at;
  for (const Node& each : pod["volume"].items()) look_at_disk(out.disk, each);
  look_at_pressure(out, pod);
  out.limits = limits_of(said["limits"]);
  return out;
}

api::Node what_is_read(const Node& pod, std::string_view sidecar) {
  Node containers = Node::sequence();
  for (const Node& each : pod["containers"].items()) {
    if (each["name"].as_string() != sidecar) containers.push(container_fields(each));
  }
  Node volumes = Node::sequence();
  for (const Node& each : pod["volume"].items()) {
    volumes.push(only(each, {"capacityBytes", "availableBytes"}));
  }
  Node out = Node::map();
  out.set("podRef", only(pod["podRef"], {"uid"})).set("containers", std::move(containers));
  for (const char* what : {"cpu", "memory", "io"}) out.set(what, pressure_fields(pod[what]["psi"]));
  return out.set("volume", std::move(volumes));
}

}  // namespace sampling
