// HdrHistogram bytes from anybody: refused or read, never more, and what was read is written back
// as something that reads the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "load/histogram.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto histogram = load::Histogram::decode(bytes);
  if (!histogram) return 0;
  const std::string written = histogram->encode();
  const auto again = load::Histogram::decode(written);
  CHECK(again.has_value());
  CHECK(again->count() == histogram->count());
  CHECK(again->encode() == written);
  CHECK(histogram->percentile(50) <= histogram->percentile(99));
  CHECK(histogram->percentile(100) == histogram->max());
  return 0;
}
