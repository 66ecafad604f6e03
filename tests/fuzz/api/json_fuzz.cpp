// JSON in and out: what parses must read back equal, one line and many are the same,
// and every node's place must lie in the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = api::parse_json(text);
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
