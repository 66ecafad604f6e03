#include "http1/cache_control.h"

#include <algorithm>
#include <array>

#include "http1/grammar.h"

namespace http1 {
namespace {

struct Flag {
  std::string_view name;
  bool CacheControl::* member;
};
constexpr std::array<Flag, 8> kFlags = {{{"no-store", &CacheControl::no_store},
                                         {"no-cache", &CacheControl::no_cache},
                                         {"private", &CacheControl::is_private},
                                         {"public", &CacheControl::is_public},
                                         {"must-revalidate", &CacheControl::must_revalidate},
                                         {"proxy-revalidate", &CacheControl::proxy_revalidate},
                                         {"must-understand", &CacheControl::must_understand},
                                         {"only-if-cached", &CacheControl::only_if_cached}}};

struct Span {
  std::string_view name;
  std::optional<Seconds> CacheControl::* member;
  bool longer_is_stricter;
};
constexpr std::array<Span, 5> kSpans = {
    {{"max-age", &CacheControl::max_age, false},
     {"s-maxage", &CacheControl::s_maxage, false},
     {"min-fresh", &CacheControl::min_fresh, true},
     {"stale-while-revalidate", &CacheControl::stale_while_revalidate, false},
     {"stale-if-error", &CacheControl::stale_if_error, false}}};

void tighten(std::optional<Seconds>& span, Seconds value, bool longer_is_stricter) {
  if (!span) {
    span = value;
  } else {
    span = longer_is_stricter ? std::max(*span, value) : std::min(*span, value);
  }
}

void take(std::string_view name, std::string_view value, CacheControl& out) {
  for (const Flag& flag : kFlags) {
    if (same_name(name, flag.name)) out.*flag.member = true;
  }
  for (const Span& span : kSpans) {
    if (!same_name(name, span.name)) continue;
    const Seconds none = span.longer_is_stricter ? kLongest : Seconds{0};
    tighten(out.*span.member, parse_seconds(value).value_or(none), span.longer_is_stricter);
  }
  if (same_name(name, "max-stale")) {
    const Seconds any = value.empty() ? kLongest : Seconds{0};
    tighten(out.max_stale, parse_seconds(value).value_or(any), false);
  }
}

/// The end of a quoted string that begins at `at`, behind its last quote; npos: it has none.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// One directive from the beginning of the list, which is left after its comma. False: a quoted
/// string without end.
bool take_directive(std::string_view& list, CacheControl& out) {
  std::size_t end = 0;
  while (end < list.size() && list[end] != ',') {
    end = list[end] == '"' ? end_of_quoted(list, end) : end + 1;
  }
  if (end > list.size()) return false;
  const std::string_view directive = list.substr(0, end);
  list.remove_prefix(std::min(list.size(), end + 1));
  const std::size_t equals = directive.find('=');
  std::string_view value;
  if (equals != std::string_view::npos) value = grammar::trim(directive.substr(equals + 1));
  if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  take(grammar::trim(directive.substr(0, equals)), value, out);
  return true;
}

}  // namespace

std::optional<Seconds> parse_seconds(std::string_view text) {
  if (text.empty()) return {};
  std::int64_t value = 0;
  for (const char c : text) {
    if (!grammar::digit(c)) return {};
    value = std::min<std::int64_t>(value * 10 + (c - '0'), kLongest.count());
  }
  return Seconds(value);
}

CacheControl cache_control(const Head& head) {
  CacheControl out;
  for (const Field* at = find(head, "cache-control"); at != nullptr;
       at = find(head, "cache-control", at)) {
    out.present = true;
    std::string_view list = at->value;
    while (!list.empty()) {
      if (take_directive(list, out)) continue;
      out.no_store = true;
      break;
    }
  }
  return out;
}

}  // namespace http1
