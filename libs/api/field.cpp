// What tables say about themselves: forms, ranges and the words for them.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "api/text.h"
#include "api/validate.h"

namespace api {
namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower(text.front()) && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view digits = text.substr(colon + 1);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && port > 0 &&
         port <= 65'535 && text.find_first_of(" \t\n/") == std::string_view::npos;
}

bool is_url(std::string_view text) {
  const bool scheme = text.starts_with("http://") || text.starts_with("https://");
  return scheme && text.find_first_of(" \t\r\n") == std::string_view::npos &&
         text.size() > text.find("//") + 2;
}

const char* words(Form form) {
  switch (form) {
    case Form::Text: return "a text";
    case Form::Name: return "a name of at most 63 lower-case letters, digits and '-'";
    case Form::Word: return "a word of at most 63 letters, digits, '_', '-' and '.'";
    case Form::Address: return "an address host:port";
    case Form::Url: return "a URL that starts with http:// or https://";
  }
  return "a text";
}

std::string list_text(const FieldSpec& spec, const char* what) {
  return fmt::format("a list of {} to {} {}", spec.minimum, maximum_of(spec), what);
}

}  // namespace

bool has_form(std::string_view text, Form form) {
  if (text.find('{') != std::string_view::npos) return true;
  switch (form) {
    case Form::Text: return true;
    case Form::Name: return is_name(text);
    case Form::Word: return is_word(text);
    case Form::Address: return is_address(text);
    case Form::Url: return is_url(text);
  }
  return false;
}

std::int64_t maximum_of(const FieldSpec& spec) {
  if (spec.maximum != 0) return spec.maximum;
  const bool number = spec.type == FieldType::Integer || spec.type == FieldType::Decimal;
  return number ? std::numeric_limits<std::int32_t>::max() : 100;
}

double decimal(const Node& value) {
  if (value.is_int()) return value.as_double();
  const std::string& text = value.as_string();
  const std::size_t point = text.find('.');
  const bool shaped = !text.empty() && text.size() <= 15 && is_digit(text.front()) &&
                      is_digit(text.back()) && std::count(text.begin(), text.end(), '.') <= 1 &&
                      (point == std::string::npos || text.size() - point <= 4) &&
                      text.find_first_not_of("0123456789.") == std::string::npos;
  double number = std::numeric_limits<double>::quiet_NaN();
  if (shaped) std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string allowed_text(const FieldSpec& spec) {
  switch (spec.type) {
    case FieldType::String: return words(spec.form);
    case FieldType::Scalar: return "a text, an integer or a boolean";
    case FieldType::Integer:
      return fmt::format("an integer from {} to {}", spec.minimum, maximum_of(spec));
    case FieldType::Decimal:
      return fmt::format("an integer, or a quoted number such as \"99.9\", from {} to {}",
                         spec.minimum, maximum_of(spec));
    case FieldType::Boolean: return "true or false";
    case FieldType::Strings:
      return spec.allowed.empty()
                 ? list_text(spec, "texts")
                 : fmt::format("{} of {}", list_text(spec, "words"), join(spec.allowed));
    case FieldType::Integers: return list_text(spec, "integers");
    case FieldType::StringMap: return "a map of texts";
    case FieldType::Enum: return "one of " + join(spec.allowed);
    case FieldType::Object: return "a map";
    case FieldType::Objects: return list_text(spec, "maps");
    case FieldType::Condition: return "a condition";
  }
  return "";
}

const char* name(Use use) {
  switch (use) {
    case Use::Fault: return "fault";
    case Use::Step: return "step";
    case Use::Condition: return "condition";
    case Use::Probe: return "probe";
  }
  return "";
}

std::string join_path(const std::string& path, std::string_view field) {
  if (path.empty() || field.empty()) return path + std::string(field);
  return path + '.' + std::string(field);
}

}  // namespace api
