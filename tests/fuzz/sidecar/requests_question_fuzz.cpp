// What the page of requests is asked, and packed series: total over any bytes, and what was packed
// is packed the same way again.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sidecar/requests_page.h"
#include "traffic/packed_series.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto question = sidecar::requests_question(text)) {
    CHECK(question->range >= base::seconds(1) && question->range <= base::seconds(24 * 3600));
    if (question->endpoint) CHECK(question->endpoint->size() <= size);
  }
  traffic::SeriesCounts counts, again;
  counts.add(text);
  again.add(counts.pack());
  CHECK(again.pack() == counts.pack());
  again.subtract(counts.pack());
  CHECK(again.pack().empty());
  return 0;
}
