// Packets from anybody: counted, never more than the bounds, and a page that has no line twice.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ingest/statsd.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ingest::SeriesBounds bounds;
  bounds.names_max = 8;
  bounds.series_per_name_max = 4;
  bounds.series_max = 16;
  ingest::SeriesTable table(bounds);
  ingest::StatsdIntake intake(table, [](const ingest::Operation& operation) {
    CHECK(operation.duration >= base::Duration::zero());
  });
  intake.take({reinterpret_cast<const char*>(data), size});
  CHECK(table.names() <= bounds.names_max + 3);
  CHECK(table.series() <= bounds.series_max + bounds.names_max + 3);
  const std::string page = table.text();
  std::string_view rest = page;
  std::set<std::string_view> lines;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    CHECK(end != std::string_view::npos);
    const std::string_view line = rest.substr(0, end);
    // What a line is of: its name and labels, without its value.
    CHECK(lines.insert(line.substr(0, line.rfind(' '))).second);
    rest.remove_prefix(end + 1);
  }
  return 0;
}
