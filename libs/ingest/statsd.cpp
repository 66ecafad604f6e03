#include "ingest/statsd.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/split.h"
#include "ingest/clean_text.h"

namespace ingest {

namespace {
constexpr std::size_t kOperationNameMax = 120;
constexpr double kLongestMilliseconds = 1e12;  // 31 years

tl::unexpected<base::Error> wrong(const char* what) {
  return base::fail(base::Code::InvalidArgument, std::string("statsd: ") + what);
}

std::optional<StatsdType> type_of(std::string_view word) {
  if (word == "c") return StatsdType::Counter;
  if (word == "g") return StatsdType::Gauge;
  if (word == "ms") return StatsdType::Timer;
  if (word == "h") return StatsdType::Histogram;
  if (word == "d") return StatsdType::Distribution;
  if (word == "s") return StatsdType::Set;
  return std::nullopt;
}

/// How much an operation worked on: a figure of it, and no label.
bool is_amount(const RawLabel& label) {
  return (label.first == "bytes" || label.first == "records" || label.first == "whole_micros") &&
         amount_of(label.second) > 0;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}
}  // namespace

std::optional<double> statsd_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

base::Result<StatsdLine> parse_statsd_line(std::string_view line) {
  if (line.size() > kLineBytesMax) return wrong("a line of more than 8 kB");
  StatsdLine out;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return wrong("no ':' after the name");
  out.name = line.substr(0, colon);
  if (out.name.empty()) return wrong("no name");
  if (out.name.find('|') != std::string_view::npos) return wrong("a name with '|'");
  std::string_view rest = line.substr(colon + 1);
  if (rest.find('|') == std::string_view::npos) return wrong("no type");
  out.values = base::take_until(rest, '|');
  const auto type = type_of(base::take_until(rest, '|'));
  if (!type) return wrong("a type other than c, g, ms, h, d, s");
  out.type = *type;
  while (!rest.empty()) {
    const std::string_view field = base::take_until(rest, '|');
    if (field.starts_with('@')) {
      const auto rate = statsd_number(field.substr(1));
      if (!rate || *rate <= 0 || *rate > 1) return wrong("a sample rate outside 0 to 1");
      out.rate = *rate;
    } else if (field.starts_with('#')) {
      out.tags = field.substr(1);
    }  // container ("c:"), time ("T") and what is yet to come say nothing about the value
  }
  return out;
}

std::vector<RawLabel> tags_of(std::string_view tags) {
  std::vector<RawLabel> out;
  while (!tags.empty() && out.size() < kTagsMax) {
    std::string_view tag = base::take_until(tags, ',');
    if (tag.empty()) continue;
    const bool valued = tag.find(':') != std::string_view::npos;
    const std::string_view name = base::take_until(tag, ':');
    out.emplace_back(name, valued ? tag : "true");
  }
  return out;
}

Operation operation_of(std::string_view name, const std::vector<RawLabel>& labels,
                       double milliseconds) {
  Operation out;
  std::string_view called = name;
  for (const auto& [key, value] : labels) {
    if (key == "operation" && !value.empty()) called = value;
    if (key == "success" && is_one_of(value, {"false", "0", "no"})) out.success = false;
    if (key == "error" && !is_one_of(value, {"false", "0", "no", ""})) out.success = false;
    if (key == "status" && is_one_of(value, {"error", "failed", "failure"})) out.success = false;
    if (key == "kind") out.kind = clean_text(value, kOperationNameMax);
    if (key == "bytes") out.bytes = amount_of(value);
    if (key == "records") out.records = amount_of(value);
    if (key == "whole_micros") out.whole = whole_of(value);
  }
  out.name = clean_text(called, kOperationNameMax);
  const double within = std::clamp(milliseconds, 0.0, kLongestMilliseconds / 1e3);
  out.duration = base::Duration(static_cast<std::int64_t>(within * 1e6));
  return out;
}

void StatsdIntake::take(std::string_view packet) {
  ++counts_.packets;
  if (packet.size() > kPacketBytesMax) {
    ++counts_.malformed;
    packet = packet.substr(0, kPacketBytesMax);
    packet = packet.substr(0, packet.rfind('\n') + 1);  // a line that is cut is another line
  }
  while (!packet.empty()) {
    std::string_view line = base::take_until(packet, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) take_line(line);
  }
}

void StatsdIntake::take_line(std::string_view text) {
  ++counts_.lines;
  if (text.starts_with("_e{")) {
    ++counts_.events;
    return;
  }
  if (text.starts_with("_sc|")) {
    ++counts_.checks;
    return;
  }
  const auto line = parse_statsd_line(text);
  if (!line) {
    ++counts_.malformed;
    return;
  }
  const std::vector<RawLabel> labels = tags_of(line->tags);
  std::string_view values = line->values;
  // A set's things may hold colons; numbers cannot.
  if (line->type == StatsdType::Set) {
    take_value(*line, labels, values);
    return;
  }
  std::size_t count = 0;
  do {
    if (++count > kValuesMax) {
      ++counts_.malformed;
      return;
    }
    take_value(*line, labels, base::take_until(values, ':'));
  } while (!values.empty());
}

void StatsdIntake::take_value(const StatsdLine& line, const std::vector<RawLabel>& labels,
                              std::string_view value) {
  if (line.type == StatsdType::Set) {
    if (value.empty()) {
      ++counts_.malformed;
    } else {
      count(table_.see(line.name, labels, value));
    }
    return;
  }
  const auto number = statsd_number(value);
  if (!number) {
    ++counts_.malformed;
    return;
  }
  count(take_number(line, labels, value, *number));
}

Taken StatsdIntake::take_number(const StatsdLine& line, const std::vector<RawLabel>& labels,
                                std::string_view text, double value) {
  switch (line.type) {
    case StatsdType::Counter: return table_.count(line.name, labels, value / line.rate);
    case StatsdType::Gauge: {
      const bool relative = text.starts_with('+') || text.starts_with('-');
      return relative ? table_.change(line.name, labels, value)
                      : table_.set(line.name, labels, value);
    }
    case StatsdType::Timer: {
      if (operation_ && value >= 0) operation_(operation_of(line.name, labels, value));
      std::vector<RawLabel> others = labels;
      std::erase_if(others, is_amount);
      return table_.observe(line.name, others, value, 1 / line.rate);
    }
    default: return table_.observe(line.name, labels, value, 1 / line.rate);
  }
}

void StatsdIntake::count(Taken taken) {
  switch (taken) {
    case Taken::Kept: ++counts_.values; return;
    case Taken::Other:
      ++counts_.values;
      ++counts_.other;
      return;
    case Taken::Dropped: ++counts_.dropped; return;
    case Taken::Conflict: ++counts_.conflicts; return;
  }
}

}  // namespace ingest
