// Posts from anybody: refused or read, and what was read is in the bounds and has figures.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "ingest/rum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto post = ingest::parse_rum({reinterpret_cast<const char*>(data), size});
  if (!post) return 0;
  CHECK(post->values.size() + post->refused <= ingest::kRumMetricsMax);
  ingest::RumTable table;
  table.take(*post);
  for (const auto& [kind, name] : table.metrics()) {
    CHECK(name.size() <= ingest::kRumNameBytesMax);
    const auto figures = table.figures(kind, name);
    CHECK(figures && figures->min >= 0 && figures->min <= figures->p75);
    CHECK(figures->p75 <= figures->p95 && figures->p95 <= figures->p99);
    CHECK(figures->p99 <= figures->max);
    CHECK(figures->min <= figures->mean * 1.0000001 + 1e-9);
    CHECK(figures->slow <= figures->count);
  }
  CHECK(table.text().empty() == post->values.empty());
  return 0;
}
