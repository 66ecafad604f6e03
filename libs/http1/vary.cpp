#include "http1/vary.h"

#include <algorithm>
#include <vector>

#include "http1/grammar.h"

namespace http1 {

std::string vary_names(const Head& response) {
  std::vector<std::string> names;
  for (const Field* at = find(response, "vary"); at != nullptr; at = find(response, "vary", at)) {
    grammar::each_member(at->value, [&names](std::string_view member) {
      std::string name(member);
      std::transform(name.begin(), name.end(), name.begin(), grammar::lower);
      // What is no name cannot be compared, so nothing matches.
      if (!name.empty()) names.push_back(grammar::token(name) ? name : std::string(kVaryAlways));
      return true;
    });
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  for (const std::string& name : names) {
    if (name == kVaryAlways) return name;
    text += (text.empty() ? "" : ",") + name;
  }
  return text;
}

std::string vary_key(std::string_view names, const Head& request) {
  std::string key;
  if (names.empty()) return key;
  grammar::each_member(names, [&](std::string_view name) {
    key += name;
    char mark = ':';
    for (const Field* at = find(request, name); at != nullptr; at = find(request, name, at)) {
      key += mark;
      key += at->value;
      mark = ',';
    }
    key += '\n';  // no value has one
    return true;
  });
  return key;
}

}  // namespace http1
