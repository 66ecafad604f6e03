// JSON in and out: what parses must read back equal, every node's place must lie in the text, the
// two readers agree, and one line and many are the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/json_plain.h"
#include "api/node.h"
#include "base/check.h"

namespace {

void check_places(const api::Node& node, int lines) {
  CHECK(node.mark.line >= 1 && node.mark.line <= lines && node.mark.column >= 1);
  for (const api::Entry& entry : node.entries()) {
    CHECK(entry.mark.line >= 1 && entry.mark.line <= lines);
    check_places(entry.value, lines);
  }
  for (const api::Node& item : node.items()) check_places(item, lines);
}

void check_same_places(const api::Node& one, const api::Node& other) {
  CHECK(one.mark == other.mark);
  for (std::size_t i = 0; i < one.entries().size(); ++i) {
    CHECK(one.entries()[i].mark == other.entries()[i].mark);
    check_same_places(one.entries()[i].value, other.entries()[i].value);
  }
  for (std::size_t i = 0; i < one.items().size(); ++i) {
    check_same_places(one.items()[i], other.items()[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = api::parse_json(text);
  if (api::read_plain_json(text, 64)) {
    const auto any = api::read_any_json(text);
    CHECK(any && *any == *node);
    check_same_places(*any, *node);
  }
  if (!node) {
    CHECK(!node.error().message.empty());
    return 0;
  }
  check_places(*node, static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1);
  const std::string pretty = api::to_json(*node, 2);
  const auto again = api::parse_json(pretty);
  CHECK(again && *again == *node);
  CHECK(nlohmann::ordered_json::parse(pretty).dump() == api::to_json(*node));
  return 0;
}
