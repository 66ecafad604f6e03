#include "traffic/endpoint_rule.h"

#include <algorithm>

namespace traffic {

namespace {

constexpr std::size_t kCharactersMost = 200;

tl::unexpected<base::Error> refuse(std::string_view text, const char* why) {
  return base::fail(base::Code::InvalidArgument, "endpoint '" + std::string(text) + "': " + why);
}

bool printable(char c) {
  return c > ' ' && c <= '~' && c != '?' && c != '#' && c != '"' && c != '\\';
}

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool placeholder(std::string_view segment) {
  if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return false;
  const std::string_view name = segment.substr(1, segment.size() - 2);
  return std::all_of(name.begin(), name.end(), name_character);
}

}  // namespace

base::Result<EndpointRule> EndpointRule::parse(std::string_view text) {
  if (text.empty() || text.front() != '/') return refuse(text, "it has to begin with '/'");
  if (text.size() > kCharactersMost) return refuse(text, "at most 200 characters are allowed");
  if (!std::all_of(text.begin(), text.end(), printable)) {
    return refuse(text, "allowed are printable ASCII characters other than ?, #, \" and \\");
  }
  if (text.find("//") != std::string_view::npos || (text.size() > 1 && text.back() == '/')) {
    return refuse(text, "a segment is empty");
  }
  const Segments segments(text);
  if (segments.more()) return refuse(text, "at most 16 segments are allowed");
  EndpointRule rule;
  rule.text_ = text;
  for (const std::string_view segment : segments.parts()) {
    if (rule.open_) return refuse(text, "* is allowed as the last segment only");
    rule.open_ = segment == "*";
    if (rule.open_) continue;
    const bool any = placeholder(segment);
    if (!any && segment.find_first_of("{}*") != std::string_view::npos) {
      return refuse(text, "{name} and * are whole segments, a name of letters, digits and _");
    }
    rule.parts_.push_back({std::string(segment), any});
  }
  return rule;
}

bool EndpointRule::matches(const Segments& segments) const {
  const auto parts = segments.parts();
  if (parts.size() < parts_.size()) return false;
  if (!open_ && (parts.size() > parts_.size() || segments.more())) return false;
  for (std::size_t at = 0; at < parts_.size(); ++at) {
    if (!parts_[at].any && parts_[at].literal != parts[at]) return false;
  }
  return true;
}

}  // namespace traffic
