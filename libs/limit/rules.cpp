#include "limit/rules.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "limit/letters.h"
#include "limit/path_pattern.h"
#include "limit/pattern.h"
#include "limit/sip_hash.h"

namespace limit {
namespace {

constexpr std::size_t kNameMax = 32;
constexpr std::size_t kPatternMax = 256;
constexpr std::size_t kPathMax = 2048;
constexpr auto kWindowMin = base::seconds(1);
constexpr auto kWindowMax = base::seconds(31 * 86400);

tl::unexpected<base::Error> wrong(const RuleSettings& rule, const std::string& what) {
  return base::fail(base::Code::InvalidArgument, fmt::format("rule '{}': {}", rule.name, what));
}

bool is_word(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

base::Result<> check_match(const RuleSettings& rule) {
  const Match& match = rule.match;
  if (match.path.size() > kPatternMax || match.value.size() > kPatternMax) {
    return wrong(rule, fmt::format("a pattern has at most {} characters", kPatternMax));
  }
  if (!match.path.empty() && !is_for_paths(match.path)) {
    return wrong(rule, fmt::format("path '{}' begins with neither '/' nor '*'", match.path));
  }
  if (!match.method.empty() && !is_word(match.method, "-_.!#$%&'*+^`|~")) {
    return wrong(rule, fmt::format("'{}' is no method", match.method));
  }
  if (!match.header.empty() && !is_word(match.header, "-_.!#$%&'*+^`|~")) {
    return wrong(rule, fmt::format("'{}' is no name of a header", match.header));
  }
  if (match.header.empty() && !match.value.empty()) {
    return wrong(rule, fmt::format("value '{}' without the header that has it", match.value));
  }
  return {};
}

base::Result<> check_limit(const RuleSettings& rule, const Limit& limit) {
  if (limit.quota < 1 || limit.quota > kQuotaMax) {
    return wrong(rule, fmt::format("{} requests: 1 to {} are allowed", limit.quota, kQuotaMax));
  }
  const bool whole = limit.window % base::seconds(1) == base::Duration(0);
  if (!whole || limit.window < kWindowMin || limit.window > kWindowMax) {
    return wrong(rule, fmt::format("a window of {}: whole seconds from 1 s to 31 days are allowed",
                                   base::human(limit.window)));
  }
  return {};
}

base::Result<> check(const RuleSettings& rule, const std::vector<Rule>& before) {
  if (rule.name.size() > kNameMax || !is_word(rule.name, "-_")) {
    return wrong(rule, fmt::format("a name has 1 to {} letters, digits, '-' and '_'", kNameMax));
  }
  if (std::any_of(before.begin(), before.end(),
                  [&rule](const Rule& other) { return other.name == rule.name; })) {
    return wrong(rule, "the name is taken");
  }
  if (rule.limits.empty() || rule.limits.size() > Rules::kWindowsMax) {
    return wrong(rule, fmt::format("{} limits: 1 to {} are allowed", rule.limits.size(),
                                   Rules::kWindowsMax));
  }
  for (const Limit& limit : rule.limits) TRY(check_limit(rule, limit));
  return check_match(rule);
}

std::string policy_of(const Rule& rule) {
  std::string policy;
  for (const Window& window : rule.windows) {
    if (!policy.empty()) policy += ", ";
    policy += fmt::format("\"{}\";q={};w={}", limit_name(rule.name, window.limit()),
                          window.limit().quota, window.limit().window / base::seconds(1));
  }
  return policy;
}

std::uint64_t salt_of(const Rule& rule) {
  std::uint64_t salt = rule.policy.size();
  for (const char c : rule.policy) salt = spread(salt ^ static_cast<unsigned char>(c));
  return salt;
}

base::Result<Rule> prepared(const RuleSettings& settings) {
  std::vector<Limit> limits = settings.limits;
  std::sort(limits.begin(), limits.end(),
            [](const Limit& a, const Limit& b) { return a.window < b.window; });
  Rule rule{settings.name, settings.match, {}, {}, "", 0};
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (i > 0 && limits[i].window == limits[i - 1].window) {
      return wrong(settings, fmt::format("two limits for {}", base::human(limits[i].window)));
    }
    const std::size_t at = i + Rules::kWindowsMax - limits.size();
    rule.windows.emplace_back(limits[i], static_cast<int>(Rules::kWords[at]));
    rule.offsets.push_back(Rules::kOffsets[at]);
  }
  rule.policy = policy_of(rule);
  rule.salt = salt_of(rule);
  return rule;
}

/// A path that is not known (too long and escaped) is one that every rule is for.
bool holds(const Match& match, std::string_view method, std::optional<std::string_view> path,
           std::span<const Header> headers) {
  if (!match.method.empty() && match.method != method) return false;
  if (!match.path.empty() && path && !matches(match.path, *path)) return false;
  if (match.header.empty()) return true;
  return std::any_of(headers.begin(), headers.end(), [&match](const Header& header) {
    return same_letters(header.name, match.header) &&
           (match.value.empty() || matches(match.value, header.value));
  });
}

}  // namespace

RuleSettings default_rule() {
  return {"default", {}, {{500, base::seconds(3600)}, {2000, base::seconds(86400)}}};
}

base::Result<Rules> Rules::compile(const Settings& settings) {
  if (settings.rules.size() > kRulesMax) {
    return base::fail(base::Code::InvalidArgument, fmt::format("{} rules: at most {} are allowed",
                                                               settings.rules.size(), kRulesMax));
  }
  Rules rules;
  for (const RuleSettings& one : settings.rules) {
    TRY(check(one, rules.rules_));
    TRY(Rule rule, prepared(one));
    if (rule.match == Match{}) {
      rules.unconditional_ |= static_cast<std::uint16_t>(1U << rules.rules_.size());
    }
    rules.rules_.push_back(std::move(rule));
  }
  rules.all_bits_ = static_cast<std::uint16_t>((1U << rules.rules_.size()) - 1);
  TRY(rules.allow_, parse_prefixes(settings.allow));
  TRY(rules.deny_, parse_prefixes(settings.deny));
  rules.dry_run_ = settings.dry_run;
  return rules;
}

std::uint16_t Rules::compared(std::string_view method, std::string_view target,
                              std::span<const Header> headers) const {
  std::array<char, kPathMax> buffer;
  const auto path = plain_path(target, buffer);
  std::uint16_t found = unconditional_;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto bit = static_cast<std::uint16_t>(1U << i);
    if ((found & bit) == 0 && holds(rules_[i].match, method, path, headers)) found |= bit;
  }
  return found;
}

std::string limit_name(std::string_view rule, const Limit& limit) {
  const std::int64_t seconds = limit.window / base::seconds(1);
  if (seconds % 86400 == 0) return fmt::format("{}-{}d", rule, seconds / 86400);
  if (seconds % 3600 == 0) return fmt::format("{}-{}h", rule, seconds / 3600);
  if (seconds % 60 == 0) return fmt::format("{}-{}min", rule, seconds / 60);
  return fmt::format("{}-{}s", rule, seconds);
}

}  // namespace limit
