#include "sidecar/export_format.h"

#include <bit>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "ingest/clean_text.h"
#include "ingest/protobuf_write.h"

namespace sidecar {
namespace {

using ingest::ProtobufWriter;

// Numbers of fields and values as opentelemetry-proto has them.
constexpr std::uint64_t kDelta = 1, kCumulative = 2;

ProtobufWriter attribute(std::string_view key, std::string_view text) {
  ProtobufWriter value, out;
  value.bytes(1, text);
  out.bytes(1, key);
  out.message(2, value);
  return out;
}

std::uint64_t nanos(base::WallTime at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

ProtobufWriter number_point(const Labels& labels, double value, const OtlpExport& with,
                            bool counter) {
  ProtobufWriter out;
  if (counter) out.fixed64(2, nanos(with.from));
  out.fixed64(3, nanos(with.to));
  out.real(4, value);
  for (const auto& [name, text] : labels) out.message(7, attribute(name, text));
  return out;
}

ProtobufWriter histogram_point(const Labels& labels, const Buckets& buckets,
                               const OtlpExport& with) {
  ProtobufWriter out;
  out.fixed64(2, nanos(with.from));
  out.fixed64(3, nanos(with.to));
  std::string counts, bounds;
  std::uint64_t all = 0;  // of whole numbers: what a sampled timer stands for need not be one
  for (const double count : buckets.counts) {
    const auto whole = static_cast<std::uint64_t>(count);
    ingest::append_fixed64(counts, whole);
    all += whole;
  }
  for (const double bound : buckets.bounds) {
    ingest::append_fixed64(bounds, std::bit_cast<std::uint64_t>(bound));
  }
  out.fixed64(4, all);
  out.real(5, buckets.sum);
  out.bytes(6, counts);
  out.bytes(7, bounds);
  for (const auto& [name, text] : labels) out.message(9, attribute(name, text));
  return out;
}

ProtobufWriter metric_of(const MetricFamily& family, const OtlpExport& with) {
  ProtobufWriter data;
  for (const auto& [labels, value] : family.series) {
    data.message(1,
                 family.kind == FamilyKind::Histogram
                     ? histogram_point(labels, value.buckets, with)
                     : number_point(labels, value.value, with, family.kind == FamilyKind::Counter));
  }
  if (family.kind != FamilyKind::Gauge) data.varint(2, with.delta ? kDelta : kCumulative);
  if (family.kind == FamilyKind::Counter) data.varint(3, 1);
  ProtobufWriter out;
  out.bytes(1, family.name);
  out.bytes(2, family.help);
  const std::uint32_t field = family.kind == FamilyKind::Gauge     ? 5
                              : family.kind == FamilyKind::Counter ? 7
                                                                   : 9;
  out.message(field, data);
  return out;
}

/// What would end a tag, or the line.
std::string tag_text(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == ',' || c == '|' || c == '\n' || c == '#') c = '_';
  }
  return out;
}

class Packets {
 public:
  explicit Packets(const std::string& service) {
    if (!service.empty()) service_ = "service:" + tag_text(service);
  }

  void add(std::string_view name, double value, char type, const Labels& labels) {
    std::string tags = service_;
    for (const auto& [key, text] : labels) {
      tags += fmt::format("{}{}:{}", tags.empty() ? "" : ",", key, tag_text(text));
    }
    const std::string line = fmt::format("{}:{}|{}{}{}", name, ingest::number_text(value), type,
                                         tags.empty() ? "" : "|#", tags);
    if (line.size() > kDogstatsdPacketBytes) return;
    if (packets_.empty() || packets_.back().size() + 1 + line.size() > kDogstatsdPacketBytes) {
      packets_.push_back(line);
    } else {
      packets_.back().append("\n").append(line);
    }
  }
  std::vector<std::string> take() { return std::move(packets_); }

 private:
  std::string service_;
  std::vector<std::string> packets_;
};

}  // namespace

std::string otlp_request(const std::vector<MetricFamily>& families, const OtlpExport& with) {
  ProtobufWriter resource, scope, scoped, whole, out;
  resource.message(1, attribute("service.name", with.service));
  resource.message(1, attribute("service.instance.id", with.instance));
  scope.bytes(1, "muster-sidecar");
  scoped.message(1, scope);
  for (const MetricFamily& family : families) {
    if (!family.series.empty()) scoped.message(2, metric_of(family, with));
  }
  whole.message(1, resource);
  whole.message(2, scoped);
  out.message(1, whole);
  return out.take();
}

std::vector<std::string> dogstatsd_packets(const std::vector<MetricFamily>& families,
                                           const std::string& service) {
  Packets out(service);
  for (const MetricFamily& family : families) {
    for (const auto& [labels, value] : family.series) {
      if (family.kind == FamilyKind::Gauge) {
        // A sign in front would be a change: 0 first, then less.
        if (value.value < 0) out.add(family.name, 0, 'g', labels);
        out.add(family.name, value.value, 'g', labels);
      } else if (family.kind == FamilyKind::Counter && value.value > 0) {
        out.add(family.name, value.value, 'c', labels);
      } else if (family.kind == FamilyKind::Histogram && value.buckets.count > 0) {
        out.add(family.name + "_count", value.buckets.count, 'c', labels);
        out.add(family.name + "_sum", value.buckets.sum, 'c', labels);
      }
    }
  }
  return out.take();
}

}  // namespace sidecar
