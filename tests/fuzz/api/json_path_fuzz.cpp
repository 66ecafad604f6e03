// Whatever stands behind `-o jsonpath=`, it is a template or it is refused with a reason, and a
// template prints, or says why not, of any object.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/json_path.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const api::Node kObject = *api::parse_json(
      R"({"kind": "List", "a": {"b": [1, 2.5, true, null, "x"]}, "items": [{"metadata":
      {"name": "a", "labels": {"x.y/z": "v"}}, "n": 3}, {"metadata": {"name": "b"}, "n": -1}]})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = api::PathTemplate::parse(text);
  if (!parsed) {
    CHECK(parsed.error().message.starts_with("character ") || size > 65536);
    return 0;
  }
  for (const auto& printed : {parsed->print(kObject), parsed->print_json(kObject)}) {
    if (!printed) CHECK(!printed.error().message.empty());
  }
  if (text.find('{') == std::string_view::npos) CHECK(*parsed->print(kObject) == text);
  static_cast<void>(parsed->find(kObject));
  return 0;
}
