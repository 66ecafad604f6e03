#include "sampling/rates.h"

#include <algorithm>

namespace sampling {

namespace {
using Counter = std::optional<std::uint64_t> Member::*;

const Member* find(const Reading& reading, MemberId id) {
  const auto at = std::ranges::lower_bound(reading.members, id, {}, &Member::id);
  return at != reading.members.end() && at->id == id ? &*at : nullptr;
}

/// The member of that pid, whenever it began.
const Member* find_process(const Reading& reading, std::int32_t pid) {
  if (pid == 0) return nullptr;
  const auto at = std::ranges::lower_bound(reading.members, MemberId{pid, 0}, {}, &Member::id);
  return at != reading.members.end() && at->id.pid == pid ? &*at : nullptr;
}

/// A member that ended between two readings, and the one that inherits what it had used.
struct Ended {
  const Member* last = nullptr;
  MemberId heir;
};

/// The nearest ancestor that is still there, which is who the kernel's sums have reached.
const Member* heir_of(const Reading& before, const Reading& after, const Member& ended) {
  const Member* at = &ended;
  for (std::size_t steps = 0; steps < before.members.size(); ++steps) {
    at = find_process(before, at->parent);
    if (at == nullptr) return nullptr;
    if (find(after, at->id) != nullptr) return at;
  }
  return nullptr;
}

std::vector<Ended> ended_between(const Reading& before, const Reading& after) {
  std::vector<Ended> out;
  for (const Member& member : before.members) {
    if (member.id.pid == 0 || find(after, member.id) != nullptr) continue;
    if (const Member* heir = heir_of(before, after, member)) out.push_back({&member, heir->id});
  }
  return out;
}

std::uint64_t inherited(const std::vector<Ended>& ended, MemberId heir, Counter own,
                        Counter children) {
  std::uint64_t sum = 0;
  for (const Ended& one : ended) {
    if (one.heir != heir) continue;
    sum += (one.last->*own).value_or(0);
    if (children != nullptr) sum += (one.last->*children).value_or(0);
  }
  return sum;
}

/// Whether all that a new process used, it used since `before`.
bool born_since(const Reading& before, const Member& member) {
  return member.id.pid != 0 && before.uptime_ticks != 0 &&
         member.id.instance >= before.uptime_ticks;
}

std::uint64_t less(std::uint64_t from, std::uint64_t what) {
  return from > what ? from - what : 0;
}

/// How much one counter grew over all members. `children`: the counter that the kernel adds a
/// child's use to; nullptr: it adds it to the counter itself.
struct Growth {
  const Reading& before;
  const Reading& after;
  const std::vector<Ended>& ended;
  std::optional<std::uint32_t> group;

  std::optional<double> of(Counter own, Counter children = nullptr) const {
    double sum = 0;
    bool any = false;
    for (const Member& member : after.members) {
      if (group && member.group != *group) continue;
      if (!(member.*own)) return std::nullopt;
      const Member* earlier = find(before, member.id);
      if (earlier == nullptr && !born_since(before, member)) continue;
      const auto grown = of_member(earlier, member, own, children);
      if (!grown) return std::nullopt;
      sum += static_cast<double>(*grown);
      any = true;
    }
    return any ? std::optional(sum) : std::nullopt;
  }

 private:
  std::optional<std::uint64_t> of_member(const Member* earlier, const Member& member, Counter own,
                                         Counter children) const {
    static constexpr std::optional<std::uint64_t> kNone = 0;
    const auto& from = earlier == nullptr ? kNone : earlier->*own;
    if (!from || *(member.*own) < *from) return std::nullopt;
    const std::uint64_t grown = *(member.*own) - *from;
    const std::uint64_t known = inherited(ended, member.id, own, children);
    if (children == nullptr) return less(grown, known);
    const std::uint64_t earlier_children =
        earlier == nullptr ? 0 : (earlier->*children).value_or(0);
    const std::uint64_t of_children =
        less((member.*children).value_or(earlier_children), earlier_children);
    return grown + less(of_children, known);
  }
};

std::optional<double> throttled_between(const Reading& before, const Reading& after,
                                        std::optional<std::uint32_t> group) {
  double periods = 0;
  double held_back = 0;
  for (const Member& member : after.members) {
    if (group && member.group != *group) continue;
    const Member* earlier = find(before, member.id);
    if (earlier == nullptr || !earlier->throttling || !member.throttling) return std::nullopt;
    if (member.throttling->periods < earlier->throttling->periods) return std::nullopt;
    if (member.throttling->throttled_periods < earlier->throttling->throttled_periods) {
      return std::nullopt;
    }
    periods += static_cast<double>(member.throttling->periods - earlier->throttling->periods);
    held_back += static_cast<double>(member.throttling->throttled_periods -
                                     earlier->throttling->throttled_periods);
  }
  return periods > 0 ? std::optional(held_back / periods) : std::nullopt;
}

std::optional<double> per_second(std::optional<double> amount, base::Duration between) {
  if (!amount || between <= base::Duration::zero()) return std::nullopt;
  return *amount / base::to_seconds(between);
}

std::optional<double> ratio(std::optional<double> part, std::optional<double> whole) {
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return *part / *whole;
}

std::optional<double> number(std::optional<std::uint64_t> value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

/// A level summed over the members; nothing: there is none, or one does not say.
std::optional<double> sum_of(const Reading& reading, Counter level,
                             std::optional<std::uint32_t> group) {
  double sum = 0;
  bool any = false;
  for (const Member& member : reading.members) {
    if (group && member.group != *group) continue;
    if (!(member.*level)) return std::nullopt;
    sum += static_cast<double>(*(member.*level));
    any = true;
  }
  return any ? std::optional(sum) : std::nullopt;
}

/// For each container the shared pages of the process with most of them.
std::optional<double> shared_of(const Reading& reading, std::optional<std::uint32_t> group) {
  double sum = 0;
  for (std::uint32_t at = group.value_or(0); at < (group ? *group + 1 : reading.groups); ++at) {
    std::uint64_t most = 0;
    for (const Member& member : reading.members) {
      if (member.group != at) continue;
      if (!member.shared_bytes) return std::nullopt;
      most = std::max(most, *member.shared_bytes);
    }
    sum += static_cast<double>(most);
  }
  return sum;
}

void set_memory(Sample& sample, const Reading& reading, std::optional<std::uint32_t> group) {
  std::optional<double> used = sum_of(reading, &Member::working_set_bytes, group);
  if (used) {
    sample.memory_source = MemorySource::CgroupWorkingSet;
  } else if (const auto own = sum_of(reading, &Member::private_bytes, group)) {
    const auto shared = shared_of(reading, group);
    if (shared) {
      used = *own + *shared;
      sample.memory_source = MemorySource::ProcessPages;
    }
  }
  sample.set(Figure::MemoryBytes, used);
  sample.set(Figure::SwapBytes, sum_of(reading, &Member::swap_bytes, group));
  if (group) return;
  const auto limit = number(reading.limits.memory_bytes);
  sample.set(Figure::MemoryLimitBytes, limit);
  const auto& machine = reading.machine_memory;
  if (limit && used) {
    sample.set(Figure::MemoryAvailableBytes, std::max(0.0, *limit - *used));
    sample.set(Figure::MemoryRatio, ratio(used, limit));
  } else if (machine && !limit) {
    sample.set(Figure::MemoryAvailableBytes, number(machine->available_bytes));
    sample.set(Figure::MemoryRatio, ratio(used, number(machine->total_bytes)));
  }
}

void set_usage(Sample& sample, const Usage& usage, base::Duration between) {
  const auto nanoseconds = per_second(usage.cpu_nanoseconds, between);
  if (nanoseconds) sample.set(Figure::CpuCores, *nanoseconds / 1e9);
  sample.set(Figure::CpuThrottledRatio, usage.throttled_ratio);
  sample.set(Figure::ReadBytesPerSecond, per_second(usage.read_bytes, between));
  sample.set(Figure::WrittenBytesPerSecond, per_second(usage.written_bytes, between));
  sample.set(Figure::ReadsPerSecond, per_second(usage.reads, between));
  sample.set(Figure::WritesPerSecond, per_second(usage.writes, between));
}

void set_network(Sample& sample, const Reading& before, const Reading& after,
                 base::Duration between) {
  if (!before.network || !after.network) return;
  const NetworkCounters& was = *before.network;
  const NetworkCounters& is = *after.network;
  const auto set = [&](Figure figure, std::uint64_t NetworkCounters::* counter) {
    sample.set(figure, rate_of(was.*counter, is.*counter, between));
  };
  set(Figure::ReceivedBytesPerSecond, &NetworkCounters::received_bytes);
  set(Figure::ReceivedPacketsPerSecond, &NetworkCounters::received_packets);
  set(Figure::SentBytesPerSecond, &NetworkCounters::sent_bytes);
  set(Figure::SentPacketsPerSecond, &NetworkCounters::sent_packets);
}

void set_disk(Sample& sample, const Reading& reading) {
  if (!reading.disk) return;
  const auto total = static_cast<double>(reading.disk->total_bytes);
  const auto used = static_cast<double>(reading.disk->used_bytes);
  const auto free = static_cast<double>(reading.disk->free_bytes);
  sample.disk = reading.disk_index;
  sample.set(Figure::DiskTotalBytes, total);
  sample.set(Figure::DiskUsedBytes, used);
  sample.set(Figure::DiskFreeBytes, free);
  sample.set(Figure::DiskRatio, ratio(used, used + free));
}

void set_stall(Sample& sample, Resource resource, Stalled stalled,
               const std::optional<Stall>& stall, bool total) {
  if (!stall) return;
  const auto set = [&](Span span, double value) {
    sample.set(pressure_figure(resource, stalled, span), value);
  };
  set(Span::Seconds10, stall->avg10_ratio);
  set(Span::Seconds60, stall->avg60_ratio);
  set(Span::Seconds300, stall->avg300_ratio);
  if (total) set(Span::Total, static_cast<double>(stall->total_microseconds) / 1e6);
}

void set_pressure(Sample& sample, Resource resource, const std::optional<Pressure>& pressure,
                  bool total) {
  if (!pressure) return;
  set_stall(sample, resource, Stalled::Some, pressure->some, total);
  set_stall(sample, resource, Stalled::Full, pressure->full, total);
}

/// What belongs to the pod and not to one of its containers.
void set_pod(Sample& sample, const Reading* before, const Reading& after) {
  const auto limit = after.limits.cpu_cores;
  sample.set(Figure::CpuLimitCores, limit);
  if (after.cpu_cores) sample.set(Figure::CpuCores, after.cpu_cores);
  const auto cores = after.cores > 0 ? std::optional<double>(after.cores) : std::nullopt;
  sample.set(Figure::CpuRatio, ratio(sample[Figure::CpuCores], limit ? limit : cores));
  if (after.containers > 0) sample.set(Figure::Containers, after.containers);
  if (after.processes) sample.set(Figure::Processes, number(after.processes));
  if (before != nullptr) set_network(sample, *before, after, after.at - before->at);
  set_disk(sample, after);
  set_pressure(sample, Resource::Cpu, after.cpu_pressure, after.pressure_has_totals);
  set_pressure(sample, Resource::Memory, after.memory_pressure, after.pressure_has_totals);
  set_pressure(sample, Resource::Io, after.io_pressure, after.pressure_has_totals);
}
}  // namespace

std::optional<double> rate_of(std::optional<std::uint64_t> before,
                              std::optional<std::uint64_t> after, base::Duration between) {
  if (!before || !after || *after < *before) return std::nullopt;
  return per_second(static_cast<double>(*after - *before), between);
}

Usage usage_between(const Reading& before, const Reading& after,
                    std::optional<std::uint32_t> group) {
  const std::vector<Ended> ended = ended_between(before, after);
  const Growth growth{before, after, ended, group};
  return {growth.of(&Member::cpu_nanoseconds, &Member::children_cpu_nanoseconds),
          growth.of(&Member::read_bytes),
          growth.of(&Member::written_bytes),
          growth.of(&Member::reads),
          growth.of(&Member::writes),
          throttled_between(before, after, group)};
}

Sample sample_of(const Reading* before, const Reading& after, std::optional<std::uint32_t> group) {
  Sample sample(after.at);
  if (before != nullptr) {
    set_usage(sample, usage_between(*before, after, group), after.at - before->at);
  }
  set_memory(sample, after, group);
  const auto processes = std::ranges::count_if(after.members, [&](const Member& member) {
    return member.id.pid != 0 && (!group || member.group == *group);
  });
  if (processes > 0) sample.set(Figure::Processes, static_cast<double>(processes));
  if (!group) set_pod(sample, before, after);
  return sample;
}

}  // namespace sampling
