#include "api/pod_set_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/field_text.h"
#include "api/recovery_plan.h"

namespace api {
namespace {

constexpr std::size_t kWordMax = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word(std::string_view text) {
  if (text.empty() || text.size() > kWordMax) return false;
  if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

void check_key(Decoder& decoder, const std::string& key, Mark mark, const std::string& path) {
  if (is_label_key(key)) return;
  decoder.complain(mark, path,
                   fmt::format("\"{}\" cannot be a label: letters, digits, '-', '_' and '.' are "
                               "allowed, at most 63, after a DNS name and '/' if there is one",
                               key));
}

void check_value(Decoder& decoder, const Node& value, const std::string& path) {
  if (is_label_value(value.as_string())) return;
  decoder.complain(value.mark, path,
                   fmt::format("{} cannot be a label's value: letters, digits, '-', '_' and '.' "
                               "are allowed, at most 63",
                               show(value)));
}

void check_expression(Decoder& decoder, const Node& expression, const std::string& path) {
  check_key(decoder, expression["key"].as_string(), expression["key"].mark, path + ".key");
  const std::string& how = expression["operator"].as_string();
  const bool needs_values = how == "In" || how == "NotIn";
  const Node& values = expression["values"];
  if (needs_values && values.size() == 0) {
    decoder.complain(expression.mark, path + ".values",
                     fmt::format("is missing: operator {} needs at least one", how));
  }
  if (!needs_values && values.size() > 0) {
    decoder.complain(values.mark, path + ".values",
                     fmt::format("is not allowed: operator {} has none", how));
  }
  for (const Node& value : values.items()) check_value(decoder, value, path + ".values");
}

void check_selector(Decoder& decoder, const Node& selector, const std::string& path) {
  const Node& labels = selector["matchLabels"];
  const Node& expressions = selector["matchExpressions"];
  if (labels.size() + expressions.size() == 0) {
    decoder.complain(selector.mark, path,
                     "asks for nothing: at least one label of matchLabels or one of "
                     "matchExpressions is required");
  }
  for (const Entry& label : labels.entries()) {
    check_key(decoder, label.key, label.mark, path + ".matchLabels");
    check_value(decoder, label.value, fmt::format("{}.matchLabels.{}", path, label.key));
  }
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    check_expression(decoder, expressions.items()[i],
                     fmt::format("{}.matchExpressions[{}]", path, i));
  }
}

}  // namespace

bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_word(text);
  return is_dns_name(text.substr(0, slash)) && is_word(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) {
  return text.empty() || is_word(text);
}

void check_pod_sets(Decoder& decoder, const Node& workloads) {
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const Node& item = workloads.items()[i];
    const std::string path = item_path("spec.target.kubernetes.workloads", item, i);
    const std::string& kind = item["kind"].as_string();
    for (const char* field : {"selector", "count"}) {
      if (kind == kPodSet && !item.has(field)) {
        decoder.complain(item.mark, fmt::format("{}.{}", path, field),
                         fmt::format("is missing: kind {} needs it", kPodSet));
      }
      if (kind != kPodSet && item.has(field)) {
        decoder.complain(item[field].mark, fmt::format("{}.{}", path, field),
                         fmt::format("is for kind {}: a {} has its own", kPodSet, kind));
      }
    }
    if (kind == kPodSet && item.has("selector")) {
      check_selector(decoder, item["selector"], path + ".selector");
    }
  }
}

}  // namespace api
