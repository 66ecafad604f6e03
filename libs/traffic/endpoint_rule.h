// A rule of the profile that names an endpoint: "/users/{id}/orders". A segment in braces stands
// for any one segment, a last "*" for whatever follows, nothing included ("/static/*" is also
// "/static"); every other segment is itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "traffic/segments.h"

namespace traffic {

class EndpointRule {
 public:
  /// Errors: InvalidArgument, naming the rule: no '/' at its beginning, an empty segment, more than
  /// 16 segments or 200 characters, a character that is not printable ASCII, one of ?#"\, braces
  /// that are not one whole segment with a name, a * that is not the last segment.
  static base::Result<EndpointRule> parse(std::string_view text);

  bool matches(const Segments& segments) const;
  const std::string& text() const { return text_; }

 private:
  struct Part {
    std::string literal;
    bool any = false;
  };

  std::string text_;
  std::vector<Part> parts_;
  bool open_ = false;  // ends with *
};

}  // namespace traffic
