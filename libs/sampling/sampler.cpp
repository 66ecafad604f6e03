#include "sampling/sampler.h"

#include "sampling/disk_space.h"
#include "sampling/parse_file.h"
#include "sampling/rates.h"

namespace sampling {

namespace {
constexpr int kSamplesBetweenCores = 12;  // a minute: processors are not plugged in more often

/// Empty: there is no such file.
std::string network_file(const SamplerSpec& spec) {
  return spec.network_of.empty() ? "" : spec.proc + "/" + spec.network_of + "/net/dev";
}
}  // namespace

Sampler::Sampler(std::unique_ptr<Source> source, SamplerSpec spec)
    : source_(std::move(source)),
      spec_(std::move(spec)),
      network_(network_file(spec_), KeptFile::Shape::Lines),
      machine_stat_(spec_.proc + "/stat"),
      meminfo_(spec_.proc + "/meminfo") {
  if (spec_.disks.size() > kDisksMax) spec_.disks.resize(kDisksMax);
}

Sample Sampler::sample(base::TimePoint now) {
  reader_.problem.reset();
  std::swap(older_, newest_);
  newest_.clear();
  newest_.at = now;
  source_->read(newest_, reader_);
  Limits& limits = newest_.limits;
  if (!limits.cpu_cores) limits.cpu_cores = spec_.limits.cpu_cores;
  if (!limits.memory_bytes) limits.memory_bytes = spec_.limits.memory_bytes;
  newest_.network = figure_of(network_, reader_, parse_net_dev);
  // The namespace may have gone with the process that it was found by, and be back with another.
  if (!newest_.network && network_.gone()) network_.reopen();
  read_disks(newest_);
  read_machine(newest_);
  if (readings_ < 2) ++readings_;
  return sample_of(earlier(), newest_);
}

const Reading* Sampler::earlier() const {
  return readings_ == 2 ? &older_ : nullptr;
}

std::vector<ContainerSample> Sampler::containers() const {
  std::vector<ContainerSample> out;
  for (std::uint32_t group = 0; group < newest_.groups; ++group) {
    const std::string_view name = source_->container(group);
    if (!name.empty()) out.push_back({std::string(name), sample_of(earlier(), newest_, group)});
  }
  return out;
}

void Sampler::read_machine(Reading& reading) {
  if (!spec_.machine) return;
  if (samples_until_cores_-- <= 0) {
    samples_until_cores_ = kSamplesBetweenCores;
    if (const auto stat = figure_of(machine_stat_, reader_, parse_machine_stat)) {
      cores_ = stat->cores;
    }
  }
  reading.cores = cores_;
  // What a limit says is enough; and this file is one of the dearer.
  if (!reading.limits.memory_bytes) {
    reading.machine_memory = figure_of(meminfo_, reader_, parse_meminfo);
  }
}

void Sampler::read_disks(Reading& reading) {
  for (std::size_t at = 0; at < spec_.disks.size(); ++at) {
    const auto space = space_of(spec_.disks[at]);
    if (!space || (reading.disk && fullness(*reading.disk) >= fullness(*space))) continue;
    reading.disk = space;
    reading.disk_index = static_cast<std::uint8_t>(at);
  }
}

}  // namespace sampling
