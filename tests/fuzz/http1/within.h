// Where the views of a head may point.
#pragma once

#include <string_view>

#include "base/check.h"
#include "http1/head.h"

namespace http1 {

inline bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// What holds of every head that was accepted, wherever its bytes come from.
inline void check_head(const Head& head, std::string_view buffer) {
  CHECK(head.bytes <= buffer.size());
  CHECK(within(head.raw, buffer.substr(0, head.bytes)) && head.raw.ends_with("\r\n\r\n"));
  CHECK(within(head.lines, head.raw) && within(head.upgrade, head.lines));
  CHECK(head.field_count <= kFieldsMax);
  for (std::size_t i = 0; i < head.field_count; ++i) {
    CHECK(!head.fields[i].name.empty());
    CHECK(find(head, head.fields[i].name) != nullptr);
    CHECK(within(head.fields[i].name, head.lines) && within(head.fields[i].value, head.lines));
    for (const char c : head.fields[i].value) CHECK(c != '\r' && c != '\n' && c != '\0');
  }
  CHECK(head.body == Body::Length || head.length == 0);
}

inline bool same_fields(const Head& a, const Head& b) {
  if (a.field_count != b.field_count || a.drop != b.drop || a.bytes != b.bytes) return false;
  for (std::size_t i = 0; i < a.field_count; ++i) {
    if (a.fields[i].name != b.fields[i].name) return false;
    if (a.fields[i].value != b.fields[i].value) return false;
  }
  return a.body == b.body && a.length == b.length && a.keep_alive == b.keep_alive &&
         a.upgrade == b.upgrade && a.raw == b.raw;
}

}  // namespace http1
