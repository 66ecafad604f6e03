#include "limit/fields.h"

#include <algorithm>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace limit {
namespace {

std::int64_t whole_seconds(base::Duration wait) {
  const std::int64_t up = (wait + base::seconds(1) - base::Duration(1)) / base::seconds(1);
  return std::max<std::int64_t>(up, 1);
}

std::string_view fitted(std::span<char> buffer, const fmt::format_to_n_result<char*>& end) {
  if (end.size > buffer.size()) return {};
  return {buffer.data(), end.size};
}

}  // namespace

std::string_view policy_field(const Rules& rules, const Decision& decision,
                              std::span<char> buffer) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < rules.all().size(); ++i) {
    if ((decision.matched >> i & 1U) == 0) continue;
    const std::string_view joint = size == 0 ? "" : ", ";
    const std::string& policy = rules.all()[i].policy;
    if (size + joint.size() + policy.size() > buffer.size()) return {};
    size += joint.copy(buffer.data() + size, joint.size());
    size += policy.copy(buffer.data() + size, policy.size());
  }
  return {buffer.data(), size};
}

std::string_view limit_field(const Rules& rules, const Decision& decision, std::span<char> buffer) {
  if (!decision.limit) return {};
  const Rule& rule = rules.all()[decision.limit->rule];
  const std::string name = limit_name(rule.name, rule.windows[decision.limit->window].limit());
  if (decision.judged != Verdict::Refuse) {
    return fitted(buffer, fmt::format_to_n(buffer.data(), buffer.size(), FMT_COMPILE("\"{}\";r={}"),
                                           name, decision.remaining));
  }
  return fitted(buffer,
                fmt::format_to_n(buffer.data(), buffer.size(), FMT_COMPILE("\"{}\";r=0;t={}"), name,
                                 whole_seconds(decision.retry_after)));
}

std::string_view retry_after_field(const Decision& decision, std::span<char> buffer) {
  if (decision.judged != Verdict::Refuse) return {};
  return fitted(buffer, fmt::format_to_n(buffer.data(), buffer.size(), FMT_COMPILE("{}"),
                                         whole_seconds(decision.retry_after)));
}

}  // namespace limit
