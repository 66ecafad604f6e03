#include "http1/conditional.h"

#include <algorithm>
#include <array>

#include "http1/date.h"
#include "http1/grammar.h"

namespace http1 {
namespace {

constexpr std::string_view kWeak = "W/";

constexpr std::array<std::string_view, 6> kConditions = {
    "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"};
constexpr std::array<std::string_view, 6> kOfTheContent = {"content-length",    "content-encoding",
                                                           "content-type",      "content-range",
                                                           "transfer-encoding", "trailer"};

bool one_of(std::string_view name, const auto& names) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view other) { return same_name(name, other); });
}

/// The tag at the beginning of the text with its quotes, without W/; empty: there is none.
std::string_view opaque_tag(std::string_view text) {
  if (text.starts_with(kWeak)) text.remove_prefix(kWeak.size());
  if (!text.starts_with('"')) return {};
  const std::size_t close = text.find('"', 1);
  return close == std::string_view::npos ? std::string_view{} : text.substr(0, close + 1);
}

bool is_tag(std::string_view text) {
  const std::string_view tag = opaque_tag(text);
  if (tag.empty() || tag.data() + tag.size() != text.data() + text.size()) return false;
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return grammar::blank(c) || grammar::control(c); });
}

/// Weak comparison with every tag of the list; commas inside of quotes are none.
bool any_matches(std::string_view list, std::string_view etag) {
  const std::string_view wanted = opaque_tag(etag);
  while (!list.empty()) {
    if (list.front() == ',' || grammar::blank(list.front())) {
      list.remove_prefix(1);
      continue;
    }
    const std::string_view tag = opaque_tag(list);
    if (tag.empty()) return false;
    if (tag == wanted) return true;
    list.remove_prefix(static_cast<std::size_t>(tag.data() + tag.size() - list.data()));
  }
  return false;
}

bool not_modified_since(std::string_view since, std::string_view modified, base::WallTime now) {
  const auto asked = parse_date(since, now);
  const auto stored = parse_date(modified, now);
  return asked && stored && *stored <= *asked;
}

}  // namespace

Validators validators(const ResponseHead& response) {
  Validators found;
  if (const Field* tag = find(response, "etag"); tag != nullptr && is_tag(tag->value)) {
    found.etag = tag->value;
  }
  const Field* const date = find(response, "last-modified");
  if (date != nullptr && parse_date(date->value, base::WallTime{}))
    found.last_modified = date->value;
  return found;
}

std::string validation_lines(const Validators& stored) {
  std::string lines;
  if (!stored.etag.empty()) lines += "If-None-Match: " + stored.etag + "\r\n";
  if (!stored.last_modified.empty()) {
    lines += "If-Modified-Since: " + stored.last_modified + "\r\n";
  }
  return lines;
}

bool conditional(std::string_view name) {
  return one_of(name, kConditions);
}

bool not_modified(const RequestHead& request, const Validators& stored, base::WallTime now) {
  bool asked = false;
  for (const Field* at = find(request, "if-none-match"); at != nullptr;
       at = find(request, "if-none-match", at)) {
    asked = true;
    if (at->value == "*") return true;
    if (!stored.etag.empty() && any_matches(at->value, stored.etag)) return true;
  }
  const Field* const since = find(request, "if-modified-since");
  if (asked || since == nullptr) return false;
  return not_modified_since(since->value, stored.last_modified, now);
}

bool updates_stored(std::string_view name) {
  return !one_of(name, kOfTheContent);
}

}  // namespace http1
