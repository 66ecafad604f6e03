#include "ingest/series_table.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ingest/clean_text.h"

namespace ingest {

namespace {
constexpr const char* kOtherLabels = "series=\"other\"";

const char* other_name(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::Counter: return "other";
    case SeriesKind::Gauge: return "other_gauge";
    case SeriesKind::Distribution: return "other_distribution";
    case SeriesKind::Distinct: return "other_set";
  }
  return "other";
}

/// The names of the lines that a family shows.
std::vector<std::string> lines_of(SeriesKind kind, const std::string& name) {
  switch (kind) {
    case SeriesKind::Counter: return {name.ends_with("_total") ? name : name + "_total"};
    case SeriesKind::Gauge: return {name};
    case SeriesKind::Distribution: return {name, name + "_bucket", name + "_sum", name + "_count"};
    case SeriesKind::Distinct: return {name + "_distinct"};
  }
  return {};
}

/// "name{labels} value", where both may be lacking.
void put_line(std::string& out, std::string_view name, std::string_view labels,
              std::string_view more, double value) {
  out += name;
  if (!labels.empty() || !more.empty()) {
    out += '{';
    out += labels;
    if (!labels.empty() && !more.empty()) out += ',';
    out += more;
    out += '}';
  }
  out += ' ';
  out += number_text(value);
  out += '\n';
}

void put_distribution(std::string& out, const std::string& name, std::string_view labels,
                      const Distribution& values) {
  for (std::size_t at = 0; at <= Distribution::kBounds; ++at) {
    const std::string bound =
        at < Distribution::kBounds ? number_text(Distribution::bounds()[at]) : "+Inf";
    put_line(out, name + "_bucket", labels, "le=\"" + bound + "\"", values.at_most(at));
  }
  put_line(out, name + "_sum", labels, "", values.sum());
  put_line(out, name + "_count", labels, "", values.at_most(Distribution::kBounds));
}

const char* type_of(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::Counter: return "counter";
    case SeriesKind::Distribution: return "histogram";
    default: return "gauge";
  }
}
}  // namespace

SeriesTable::SeriesTable(SeriesBounds bounds) : bounds_(std::move(bounds)) {
  // Nobody else may have the names of the others.
  for (const SeriesKind kind :
       {SeriesKind::Counter, SeriesKind::Distribution, SeriesKind::Distinct}) {
    for (const std::string& line : lines_of(kind, other_name(kind))) {
      shown_.emplace(line, other_name(kind));
    }
  }
}

bool is_identity(std::string_view label_name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "user", "userid", "requestid", "traceid", "spanid", "session", "sessionid", "email", "id"};
  if (label_name.ends_with("Id") || label_name.ends_with("ID")) return true;
  std::string lower(label_name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower.ends_with("_id") || std::ranges::find(kNames, lower) != kNames.end();
}

std::string SeriesTable::labels_text(const std::vector<RawLabel>& labels) const {
  std::vector<std::pair<std::string, std::string>> clean;
  for (const auto& [raw_name, raw_value] : labels) {
    if (clean.size() >= bounds_.labels_max) break;
    std::string name = label_name(raw_name, bounds_.label_bytes_max);
    if (name.empty() || is_identity(name)) continue;
    const auto same = [&](const auto& one) { return one.first == name; };
    if (std::ranges::any_of(clean, same)) continue;
    clean.emplace_back(std::move(name), clean_text(raw_value, bounds_.label_bytes_max));
  }
  std::ranges::sort(clean);
  std::string out;
  for (const auto& [name, value] : clean) {
    if (!out.empty()) out += ',';
    out += name + "=\"" + escaped(value) + "\"";
  }
  return out;
}

SeriesTable::Family* SeriesTable::family_of(SeriesKind kind, const std::string& name,
                                            Taken& why_not) {
  const auto known = families_.find(name);
  if (known != families_.end()) {
    why_not = Taken::Conflict;
    return known->second.kind == kind ? &known->second : nullptr;
  }
  why_not = Taken::Other;
  if (families_.size() >= bounds_.names_max) return nullptr;
  const std::vector<std::string> lines = lines_of(kind, name);
  why_not = Taken::Conflict;
  for (const std::string& line : lines) {
    if (shown_.contains(line)) return nullptr;
    const auto begins = [&](const std::string& prefix) { return line.starts_with(prefix); };
    if (std::ranges::any_of(bounds_.reserved, begins)) return nullptr;
  }
  for (const std::string& line : lines) shown_.emplace(line, name);
  Family& made = families_[name];
  made.kind = kind;
  return &made;
}

SeriesTable::Place SeriesTable::place_in(Family& family, std::string labels) {
  const auto known = family.series.find(labels);
  if (known != family.series.end()) return {&known->second, Taken::Kept};
  const bool other = labels == kOtherLabels;
  const bool room =
      series_ < bounds_.series_max && family.series.size() < bounds_.series_per_name_max;
  // "other" is let in beyond the bounds: at most one for each name.
  if (!room && !other) return {};
  ++series_;
  Value fresh = 0.0;
  if (family.kind == SeriesKind::Distribution) fresh = Distribution{};
  if (family.kind == SeriesKind::Distinct) fresh = Window{};
  const auto made = family.series.emplace(std::move(labels), fresh).first;
  return {&made->second, other ? Taken::Other : Taken::Kept};
}

SeriesTable::Place SeriesTable::place(SeriesKind kind, std::string_view name,
                                      const std::vector<RawLabel>& labels) {
  const std::string shown = metric_name(name, bounds_.name_bytes_max);
  if (shown.empty()) return {};
  Taken why_not = Taken::Dropped;
  if (Family* family = family_of(kind, shown, why_not)) {
    const Place found = place_in(*family, labels_text(labels));
    if (found.value != nullptr) return found;
    if (kind == SeriesKind::Gauge) return {};
    return {place_in(*family, kOtherLabels).value, Taken::Other};
  }
  if (why_not == Taken::Conflict) return {nullptr, Taken::Conflict};
  if (kind == SeriesKind::Gauge) return {};
  // The names of others are beside those that are counted: one for each kind.
  const std::string other = other_name(kind);
  Family& family = families_[other];
  family.kind = kind;
  return {place_in(family, kOtherLabels).value, Taken::Other};
}

Taken SeriesTable::count(std::string_view name, const std::vector<RawLabel>& labels, double value) {
  if (!std::isfinite(value) || value < 0) return Taken::Dropped;
  const Place at = place(SeriesKind::Counter, name, labels);
  if (at.value == nullptr) return at.taken;
  double& sum = std::get<double>(*at.value);
  if (!std::isfinite(sum + value)) return Taken::Dropped;
  sum += value;
  return at.taken;
}

Taken SeriesTable::count_up_to(std::string_view name, const std::vector<RawLabel>& labels,
                               double total) {
  if (!std::isfinite(total) || total < 0) return Taken::Dropped;
  const Place at = place(SeriesKind::Counter, name, labels);
  // Totals of many senders cannot be told apart there.
  if (at.taken == Taken::Other) return Taken::Dropped;
  if (at.value != nullptr) std::get<double>(*at.value) = total;
  return at.taken;
}

Taken SeriesTable::set(std::string_view name, const std::vector<RawLabel>& labels, double value) {
  if (!std::isfinite(value)) return Taken::Dropped;
  if (aside_ && aside_(name, labels, value)) return Taken::Kept;
  const Place at = place(SeriesKind::Gauge, name, labels);
  if (at.value != nullptr) std::get<double>(*at.value) = value;
  return at.taken;
}

Taken SeriesTable::change(std::string_view name, const std::vector<RawLabel>& labels,
                          double value) {
  if (!std::isfinite(value)) return Taken::Dropped;
  const Place at = place(SeriesKind::Gauge, name, labels);
  if (at.value == nullptr) return at.taken;
  double& level = std::get<double>(*at.value);
  if (!std::isfinite(level + value)) return Taken::Dropped;
  level += value;
  return at.taken;
}

Taken SeriesTable::observe(std::string_view name, const std::vector<RawLabel>& labels, double value,
                           double weight) {
  if (!std::isfinite(value) || !std::isfinite(weight) || weight <= 0) return Taken::Dropped;
  const Place at = place(SeriesKind::Distribution, name, labels);
  if (at.value == nullptr) return at.taken;
  auto& values = std::get<Distribution>(*at.value);
  if (!std::isfinite(values.sum() + value * weight)) return Taken::Dropped;
  values.add(value, weight);
  return at.taken;
}

Taken SeriesTable::merge(std::string_view name, const std::vector<RawLabel>& labels,
                         const Distribution& values, Merge how) {
  const Place at = place(SeriesKind::Distribution, name, labels);
  if (at.value == nullptr) return at.taken;
  if (how == Merge::Replace && at.taken == Taken::Other) return Taken::Dropped;
  auto& own = std::get<Distribution>(*at.value);
  if (how == Merge::Replace) own = Distribution{};
  if (!std::isfinite(own.sum() + values.sum())) return Taken::Dropped;
  own.merge(values);
  return at.taken;
}

Taken SeriesTable::see(std::string_view name, const std::vector<RawLabel>& labels,
                       std::string_view thing) {
  const Place at = place(SeriesKind::Distinct, name, labels);
  if (at.value != nullptr) std::get<Window>(*at.value).now.add(hash_of(thing));
  return at.taken;
}

void SeriesTable::end_window() {
  for (auto& [name, family] : families_) {
    if (family.kind != SeriesKind::Distinct) continue;
    for (auto& [labels, value] : family.series) {
      auto& window = std::get<Window>(value);
      window.last = window.number();
      window.now.clear();
    }
  }
}

const SeriesTable::Value* SeriesTable::find(std::string_view name,
                                            const std::vector<RawLabel>& labels) const {
  const auto family = families_.find(metric_name(name, bounds_.name_bytes_max));
  if (family == families_.end()) return nullptr;
  const auto found = family->second.series.find(labels_text(labels));
  return found == family->second.series.end() ? nullptr : &found->second;
}

std::optional<double> SeriesTable::value(std::string_view name,
                                         const std::vector<RawLabel>& labels) const {
  const Value* found = find(name, labels);
  if (found == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(found)) return *number;
  if (const auto* window = std::get_if<Window>(found)) {
    return window->last.value_or(window->number());
  }
  return std::nullopt;
}

std::optional<Distribution> SeriesTable::distribution(std::string_view name,
                                                      const std::vector<RawLabel>& labels) const {
  const Value* found = find(name, labels);
  const auto* values = found == nullptr ? nullptr : std::get_if<Distribution>(found);
  return values == nullptr ? std::nullopt : std::optional(*values);
}

std::string SeriesTable::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    if (family.series.empty()) continue;
    const std::string shown = lines_of(family.kind, name).front();
    out += "# HELP " + shown + " Sent by the application.\n";
    out += "# TYPE " + shown + " " + type_of(family.kind) + "\n";
    for (const auto& [labels, value] : family.series) {
      if (const auto* values = std::get_if<Distribution>(&value)) {
        put_distribution(out, name, labels, *values);
      } else if (const auto* window = std::get_if<Window>(&value)) {
        put_line(out, shown, labels, "", window->last.value_or(window->number()));
      } else {
        put_line(out, shown, labels, "", std::get<double>(value));
      }
    }
  }
  return out;
}

}  // namespace ingest
