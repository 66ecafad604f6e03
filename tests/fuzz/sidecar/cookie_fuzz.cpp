// The cookie that names a user: up to a line end its name, behind it the field. What is found is a
// piece of the field that stands behind "NAME=", and never reaches into another cookie.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sidecar/user_names.h"
#include "sidecar/users_page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  const std::string_view name = text.substr(0, end);
  const std::string_view field = text.substr(std::min(end + 1, size));
  http1::RequestHead head;
  head.fields[head.field_count++] = {"Cookie", field};
  if (const auto value = sidecar::cookie_of(head, name)) {
    CHECK(!value->empty() && value->find(';') == std::string_view::npos);
    const auto at = static_cast<std::size_t>(value->data() - field.data());
    CHECK(at > name.size() && at + value->size() <= field.size());
    CHECK(field[at - 1] == '=' && field.substr(at - 1 - name.size(), name.size()) == name);
  }
  if (const auto question = sidecar::users_question(field)) CHECK(question->top >= 1);
  return 0;
}
