#include "sidecar/browsers_node.h"

#include <string>
#include <utility>

namespace sidecar {
namespace {

const char* rating_of(const ingest::RumThresholds& thresholds, double p75) {
  if (p75 <= thresholds.good_max) return "good";
  return p75 <= thresholds.poor_above ? "needs-improvement" : "poor";
}

}  // namespace

api::Node browsers_node(const ingest::RumTable& table) {
  api::Node list = api::Node::sequence();
  for (const auto& [kind, name] : table.metrics()) {
    const auto figures = table.figures(kind, name);
    if (!figures) continue;
    api::Node one = api::Node::map()
                        .set("kind", std::string(ingest::name(kind)))
                        .set("name", name)
                        .set("count", static_cast<std::int64_t>(figures->count))
                        .set("slow", static_cast<std::int64_t>(figures->slow))
                        .set("mean", figures->mean)
                        .set("min", figures->min)
                        .set("max", figures->max)
                        .set("p75", figures->p75)
                        .set("p95", figures->p95)
                        .set("p99", figures->p99);
    const auto thresholds =
        kind == ingest::RumKind::Vital ? ingest::vital_thresholds(name) : std::nullopt;
    if (thresholds) one.set("rating", rating_of(*thresholds, figures->p75));
    list.items().push_back(std::move(one));
  }
  return api::Node::map().set("metrics", std::move(list));
}

}  // namespace sidecar
