#include "sidecar/families.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/split.h"

namespace sidecar {
namespace {

std::optional<double> number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

/// The value of a label, from behind its first quote to behind its last.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return out;
    }
    if (text[at] == '\\' && ++at < text.size()) {
      out.push_back(text[at] == 'n' ? '\n' : text[at]);
    } else if (at < text.size()) {
      out.push_back(text[at]);
    }
  }
  return std::nullopt;
}

struct Line {
  std::string_view name;
  Labels labels;
  std::optional<double> bound;  // of a bucket
  double value = 0;
};

bool take_labels(std::string_view& text, Line& line) {
  while (!text.empty() && text.front() != '}') {
    const std::string_view name = base::take_until(text, '=');
    if (!text.starts_with('"')) return false;
    text.remove_prefix(1);
    auto value = take_quoted(text);
    if (!value) return false;
    if (name == "le") {
      line.bound = number(*value);
    } else {
      line.labels.emplace_back(name, *std::move(value));
    }
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return !std::exchange(text, text.substr(std::min<std::size_t>(1, text.size()))).empty();
}

std::optional<Line> read_line(std::string_view text) {
  Line out;
  const std::size_t end = text.find_first_of("{ ");
  if (end == std::string_view::npos) return std::nullopt;
  out.name = text.substr(0, end);
  const bool labelled = text[end] == '{';
  text.remove_prefix(end + (labelled ? 1 : 0));
  if (labelled && !take_labels(text, out)) return std::nullopt;
  if (!text.starts_with(' ')) return std::nullopt;
  const auto value = number(text.substr(1));
  if (!value) return std::nullopt;
  out.value = *value;
  return out;
}

/// Buckets come in their order, each with all that is below it.
void add_bucket(Buckets& buckets, double bound, double at_most) {
  double below = 0;
  for (const double count : buckets.counts) below += count;
  buckets.counts.push_back(std::max(at_most - below, 0.0));
  if (std::isfinite(bound)) buckets.bounds.push_back(bound);
}

void add_sample(MetricFamily& family, Line line) {
  if (line.name.size() < family.name.size()) return;
  const std::string_view rest = line.name.substr(family.name.size());
  if (family.kind != FamilyKind::Histogram) {
    if (rest.empty()) family.series[std::move(line.labels)].value = line.value;
    return;
  }
  Buckets& buckets = family.series[std::move(line.labels)].buckets;
  if (rest == "_bucket" && line.bound) add_bucket(buckets, *line.bound, line.value);
  if (rest == "_sum") buckets.sum = line.value;
  if (rest == "_count") buckets.count = line.value;
}

std::optional<FamilyKind> kind_of(std::string_view word) {
  if (word == "counter") return FamilyKind::Counter;
  if (word == "gauge") return FamilyKind::Gauge;
  if (word == "histogram") return FamilyKind::Histogram;
  return std::nullopt;
}

void take_off(Buckets& now, const Buckets& before) {
  if (now.count < before.count || now.bounds != before.bounds ||
      now.counts.size() != before.counts.size()) {
    return;
  }
  now.count -= before.count;
  now.sum -= before.sum;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    now.counts[i] = std::max(now.counts[i] - before.counts[i], 0.0);
  }
}

}  // namespace

std::vector<MetricFamily> read_families(std::string_view text) {
  constexpr std::string_view kHelp = "# HELP ";
  constexpr std::string_view kType = "# TYPE ";
  std::vector<MetricFamily> out;
  std::string_view help;
  while (!text.empty()) {
    std::string_view line = base::take_until(text, '\n');
    if (line.starts_with(kHelp)) {
      help = line.substr(kHelp.size());
      base::take_until(help, ' ');
    } else if (line.starts_with(kType)) {
      line.remove_prefix(kType.size());
      const std::string_view name = base::take_until(line, ' ');
      out.push_back({std::string(name),
                     std::string(std::exchange(help, {})),
                     kind_of(line).value_or(FamilyKind::Gauge),
                     {}});
    } else if (!out.empty() && line.starts_with(out.back().name)) {
      if (auto sample = read_line(line)) add_sample(out.back(), *std::move(sample));
    }
  }
  return out;
}

std::vector<MetricFamily> since(const std::vector<MetricFamily>& now,
                                const std::vector<MetricFamily>& before) {
  std::map<std::string_view, const MetricFamily*> known;
  for (const MetricFamily& family : before) known.emplace(family.name, &family);
  std::vector<MetricFamily> out = now;
  for (MetricFamily& family : out) {
    const auto found = known.find(family.name);
    if (family.kind == FamilyKind::Gauge || found == known.end()) continue;
    for (auto& [labels, value] : family.series) {
      const auto old = found->second->series.find(labels);
      if (old == found->second->series.end()) continue;
      if (value.value >= old->second.value) value.value -= old->second.value;
      take_off(value.buckets, old->second.buckets);
    }
  }
  return out;
}

}  // namespace sidecar
