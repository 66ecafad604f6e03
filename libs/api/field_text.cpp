#include "api/field_text.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

namespace api {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Edits between two words, upper and lower case alike: a letter more, less, other, or two
/// neighbours swapped (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;  // the row before the last one
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i]) == lower(b[j]); };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = last[j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      row[j] = std::min({other, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = std::exchange(last, std::move(row));
  }
  return last.back();
}

/// The unit that a field carries in its name.
std::string unit_of(std::string_view name) {
  static constexpr std::pair<std::string_view, const char*> kUnits[] = {
      {"Seconds", "seconds"}, {"Millis", "milliseconds"},  {"Days", "days"},
      {"Bytes", "bytes"},     {"PerMinute", "per minute"}, {"PerSecond", "per second"}};
  for (const auto& [ending, unit] : kUnits) {
    if (name.ends_with(ending)) {
      const bool rate = ending.starts_with("Per");
      return fmt::format(" ({}{}, written without a unit)", rate ? "" : "in ", unit);
    }
  }
  return "";
}

std::string describe_integer(const FieldSpec& field) {
  const bool bounded = field.minimum != 0 || field.maximum != 0;
  const std::string range =
      bounded ? fmt::format(" from {} to {}", field.minimum, field.maximum) : "";
  return "an integer" + range + unit_of(field.name);
}

std::string describe_list(const FieldSpec& field, const char* items) {
  if (field.maximum == 0) return fmt::format("a list of {}", items);
  return fmt::format("a list of {} to {} {}", field.minimum, field.maximum, items);
}

}  // namespace

const char* noun(Use use) {
  switch (use) {
    case Use::Fault: return "fault";
    case Use::Step: return "step";
    case Use::Condition: return "condition";
    case Use::Probe: return "probe";
  }
  return "action";
}

std::string describe(const FieldSpec& field) {
  switch (field.type) {
    case FieldType::String: return "a string";
    case FieldType::Integer: return describe_integer(field);
    case FieldType::Boolean: return "true or false";
    case FieldType::Strings:
      return field.allowed.empty()
                 ? describe_list(field, "strings")
                 : fmt::format("{}, each one of {}", describe_list(field, "words"),
                               join(field.allowed));
    case FieldType::Enum: return "one of " + join(field.allowed);
    case FieldType::Object:
      return field.fields.empty() ? "a map"
                                  : "a map with the fields " + join(names_of(field.fields));
    case FieldType::Objects: return describe_list(field, "maps");
    case FieldType::Condition: return "a condition, a map of one kind";
    case FieldType::Conditions: return "a list of conditions";
    case FieldType::Name:
      return "a name of lower-case letters, digits and '-' (at most 63, a letter or digit at both "
             "ends)";
    case FieldType::Amount: return "an integer, or a decimal number in quotes like \"99.9\"";
    case FieldType::StringMap: return "a map of strings";
    case FieldType::NamedMap: return "a map of named entries";
    case FieldType::Anything: return "a map";
    case FieldType::Value: return "any value";
  }
  return "any value";
}

std::string show(const Node& value) {
  constexpr std::size_t kMax = 60;
  std::string text = to_json(value);
  if (text.size() <= kMax) return text;
  std::size_t end = kMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string join(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t kLongest = 128;  // the cost is the product of the lengths
  if (name.size() > kLongest) return "";
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t edits = distance(name, candidate);
    if (edits < best_distance && edits < name.size()) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

std::string suggest(std::string_view name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  return near.empty() ? "" : fmt::format(" Did you mean \"{}\"?", near);
}

bool is_label(std::string_view text) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && alphanumeric(text.front()) &&
         alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return alphanumeric(c) || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  constexpr std::size_t kMax = 253;
  if (text.size() > kMax) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_decimal(std::string_view text) {
  constexpr std::size_t kDigits = 15;
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return digits(whole) && digits(fraction) && whole.size() + fraction.size() <= kDigits;
}

std::vector<std::string> names_of(const std::vector<FieldSpec>& fields) {
  std::vector<std::string> out;
  out.reserve(fields.size());
  for (const FieldSpec& field : fields) out.push_back(field.name);
  return out;
}

}  // namespace api
