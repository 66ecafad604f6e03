#include "sidecar/kubelet_words.h"

#include "sidecar/metric_text.h"

namespace sidecar {

using sampling::Figure;
using sampling::Sample;

bool is_of_kubelet(Figure figure) {
  switch (figure) {
    case Figure::ReceivedBytesPerSecond:
    case Figure::ReceivedPacketsPerSecond:
    case Figure::SentBytesPerSecond:
    case Figure::SentPacketsPerSecond: return false;
    default: return true;
  }
}

Sample without_kubelet(const Sample& sample) {
  Sample out(sample.at);
  for (std::size_t i = 0; i < sampling::kFigures; ++i) {
    const auto figure = static_cast<Figure>(i);
    if (!is_of_kubelet(figure)) out.set(figure, sample[figure]);
  }
  return out;
}

Sample with_kubelet(Sample newest, const Sample& of_kubelet) {
  for (std::size_t i = 0; i < sampling::kFigures; ++i) {
    const auto figure = static_cast<Figure>(i);
    if (is_of_kubelet(figure) && !newest[figure]) newest.set(figure, of_kubelet[figure]);
  }
  newest.memory_source = of_kubelet.memory_source;
  return newest;
}

api::Node source_node(const sampling::KubeletSource& kubelet, base::TimePoint now) {
  api::Node out = api::Node::map().set("name", "kubelet").set("fresh", kubelet.fresh(now));
  if (const auto age = kubelet.age(now)) out.set("ageSeconds", base::to_seconds(*age));
  return out;
}

std::string source_exposition(const sampling::KubeletSource& kubelet, base::TimePoint now) {
  std::string out = metric_head("muster_pod_source_fresh", "gauge",
                                "Whether the pod's figures from there say how things are.");
  out +=
      fmt::format("muster_pod_source_fresh{{source=\"kubelet\"}} {}\n", kubelet.fresh(now) ? 1 : 0);
  const auto age = kubelet.age(now);
  if (!age) return out;
  out += metric_head("muster_pod_source_age_seconds", "gauge",
                     "How long ago the pod was looked at from there.");
  return out + fmt::format("muster_pod_source_age_seconds{{source=\"kubelet\"}} {}\n",
                           base::to_seconds(*age));
}

}  // namespace sidecar
