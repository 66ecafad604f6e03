// What the cache says of itself, to Prometheus and in JSON.
#include <string_view>

#include <fmt/format.h>

#include "sidecar/cache.h"
#include "sidecar/metric_text.h"

namespace sidecar {
namespace {

void one(std::string& out, std::string_view name, std::string_view type, std::string_view help,
         std::uint64_t value) {
  out += metric(fmt::format("muster_sidecar_cache_{}", name), type, help, value);
}

double ratio(const CacheFigures& figures) {
  const std::uint64_t served =
      figures.hits + figures.stale + figures.revalidated + figures.promoted;
  const std::uint64_t asked = figures.hits + figures.stale + figures.misses;
  return asked == 0 ? 0 : static_cast<double>(served) / static_cast<double>(asked);
}

api::Node number(std::uint64_t value) {
  return api::Node(static_cast<std::int64_t>(value));
}

}  // namespace

std::string cache_exposition(const CacheFigures& figures) {
  std::string out = metric_head("muster_sidecar_cache_requests_total", "counter",
                                "Requests that the cache was asked for.");
  const auto by = [&out](std::string_view result, std::uint64_t value) {
    out += fmt::format("muster_sidecar_cache_requests_total{{result=\"{}\"}} {}\n", result, value);
  };
  by("hit", figures.hits);
  by("stale", figures.stale);
  by("miss", figures.misses);
  one(out, "revalidated_total", "counter", "Misses whose stored response still held.",
      figures.revalidated);
  one(out, "promoted_total", "counter", "Misses that the second level answered.", figures.promoted);
  one(out, "waited_total", "counter", "Requests that waited for one that was under way.",
      figures.waited);
  one(out, "uncacheable_total", "counter", "Responses that may not be kept.", figures.uncacheable);
  one(out, "stored_total", "counter", "Responses that were stored.", figures.stored);
  one(out, "evictions_total", "counter", "Stored responses that made room.", figures.evictions);
  one(out, "invalidated_total", "counter", "Stored responses that were made void.",
      figures.invalidated);
  one(out, "entries", "gauge", "Stored responses.", figures.entries);
  one(out, "entries_max", "gauge", "Stored responses that there may be.", figures.entries_max);
  one(out, "bytes", "gauge", "Bytes of stored responses.", figures.bytes);
  one(out, "bytes_max", "gauge", "Bytes that stored responses may take.", figures.bytes_max);
  return out;
}

api::Node cache_node(const CacheFigures& figures) {
  api::Node out = api::Node::map();
  out.set("enabled", true);
  out.set("hits", number(figures.hits));
  out.set("stale", number(figures.stale));
  out.set("misses", number(figures.misses));
  out.set("revalidated", number(figures.revalidated));
  out.set("promoted", number(figures.promoted));
  out.set("hitRatio", api::Node(ratio(figures)));
  out.set("waited", number(figures.waited));
  out.set("uncacheable", number(figures.uncacheable));
  out.set("stored", number(figures.stored));
  out.set("evictions", number(figures.evictions));
  out.set("invalidated", number(figures.invalidated));
  out.set("entries", number(figures.entries));
  out.set("entriesMax", number(figures.entries_max));
  out.set("bytes", number(figures.bytes));
  out.set("bytesMax", number(figures.bytes_max));
  return out;
}

}  // namespace sidecar
