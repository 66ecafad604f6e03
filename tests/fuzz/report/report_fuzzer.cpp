// Any bytes as report.json: an Error, or a Report that is written and read back as the same
// document.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "report/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto report = report::from_json(text);
  if (!report) return 0;
  if (!report::from_json(report::to_json(*report))) std::abort();
  return 0;
}
