#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "api/text.h"
#include "api/yaml.h"

namespace api {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text.front() == '-' || text.front() == '+') ? text.substr(1) : text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  std::string_view mantissa = without_sign(text);
  if (const std::size_t e = mantissa.find_first_of("eE"); e != std::string_view::npos) {
    if (!is_digits(without_sign(mantissa.substr(e + 1)))) return false;
    mantissa = mantissa.substr(0, e);
  }
  const std::size_t point = mantissa.find('.');
  if (point == std::string_view::npos) return is_digits(mantissa);
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view part = mantissa.substr(point + 1);
  if (whole.empty()) return is_digits(part);
  return is_digits(whole) && (part.empty() || is_digits(part));
}

base::Result<Node> integer(std::string_view text, std::string_view digits, int base) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end == digits.data() + digits.size() && error == std::errc{}) return Node(value);
  if (error == std::errc::result_out_of_range) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("the integer {} does not fit into 64 bits", brief(text)));
  }
  return Node(std::string(text));
}

base::Result<Node> floating(std::string_view text) {
  const std::string_view digits = text.front() == '+' ? text.substr(1) : text;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("the number {} is out of range", brief(text)));
  }
  return Node(value);
}

bool is_nan_or_infinity(std::string_view text) {
  const std::string_view word = without_sign(text);
  const bool is_signed = word.size() != text.size();
  return word == ".inf" || word == ".Inf" || word == ".INF" ||
         (!is_signed && (word == ".nan" || word == ".NaN" || word == ".NAN"));
}

}  // namespace

base::Result<Node> resolve_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return Node();
  }
  if (text == "true" || text == "True" || text == "TRUE") return Node(true);
  if (text == "false" || text == "False" || text == "FALSE") return Node(false);
  if (is_digits(without_sign(text))) {
    return integer(text, text.front() == '+' ? text.substr(1) : text, 10);
  }
  // A sign behind the prefix (0x-1) is no integer for YAML, though from_chars would take it.
  const bool prefixed = text.size() > 2 && text[2] != '-';
  if (prefixed && text.starts_with("0x")) return integer(text, text.substr(2), 16);
  if (prefixed && text.starts_with("0o")) return integer(text, text.substr(2), 8);
  if (is_float(text)) return floating(text);
  if (is_nan_or_infinity(text)) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{} is no number that is allowed here", text));
  }
  return Node(std::string(text));
}

}  // namespace api
