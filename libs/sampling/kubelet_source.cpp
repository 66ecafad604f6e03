#include "sampling/kubelet_source.h"

#include <algorithm>
#include <utility>

namespace sampling {

KubeletSource::Heard KubeletSource::hear(KubeletStats stats, base::TimePoint now,
                                         base::WallTime wall) {
  if (!uid_.empty() && stats.uid != uid_) return Heard::Other;
  // The kubelet is on this machine, so its clock is ours; a second ahead is its rounding or a step.
  const base::Duration age = std::max(wall - stats.at, base::Duration{});
  if (age_then_ && stats.at == last_) return Heard::Same;
  // A clock that was set back must not make us deaf until it has caught up.
  const bool back = age_then_ && stats.at < last_ && last_ <= wall;
  if (back || age > kKubeletFresh) return Heard::Old;
  last_ = stats.at;
  heard_ = now;
  age_then_ = age;
  waiting_ = std::move(stats);
  return Heard::New;
}

std::optional<base::Duration> KubeletSource::age(base::TimePoint now) const {
  return age_then_ ? std::optional(*age_then_ + (now - heard_)) : std::nullopt;
}

bool KubeletSource::fresh(base::TimePoint now) const {
  const auto old = age(now);
  return old && *old <= kKubeletFresh;
}

void KubeletSource::read(Reading& reading, Reader& /*reader*/) {
  if (!waiting_) return;
  const KubeletStats stats = *std::exchange(waiting_, std::nullopt);
  names_.clear();
  std::optional<double> cores = 0.0;
  for (const ContainerStats& each : stats.containers) {
    const auto group = static_cast<std::uint32_t>(names_.size());
    Member member;
    member.id.instance = member.group = group;
    member.working_set_bytes = each.working_set_bytes;
    member.swap_bytes = each.swap_bytes;
    reading.members.push_back(member);
    // One that does not say leaves no sum.
    cores = cores && each.cpu_cores ? std::optional(*cores + *each.cpu_cores) : std::nullopt;
    names_.push_back(each.name);
  }
  reading.groups = reading.containers = static_cast<std::uint32_t>(names_.size());
  reading.cpu_cores = cores;
  reading.limits = stats.limits;
  reading.disk = stats.disk;
  reading.cpu_pressure = stats.cpu_pressure;
  reading.memory_pressure = stats.memory_pressure;
  reading.io_pressure = stats.io_pressure;
  reading.pressure_has_totals = false;
}

std::string_view KubeletSource::container(std::uint32_t group) const {
  return group < names_.size() ? std::string_view(names_[group]) : std::string_view();
}

}  // namespace sampling
