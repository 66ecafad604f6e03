#include "cluster/detaching.h"

#include <algorithm>

#include <fmt/format.h>

namespace cluster {

using api::Entry;

base::Result<std::string> detaching_label(const Service& service, const Workload& workload,
                                          const std::string& asked) {
  const auto& labels = service.selector.entries();
  if (labels.empty()) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("Service {} has no selector: what it leads to is not its own to "
                                  "choose",
                                  service.name));
  }
  if (!asked.empty()) {
    if (service.selector.has(asked)) return asked;
    std::string known;
    for (const Entry& each : labels) known += (known.empty() ? "" : ", ") + each.key;
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("detach.label: '{}' is not allowed: Service {} selects on {}",
                                  asked, service.name, known));
  }
  const auto own = std::find_if(labels.begin(), labels.end(), [&](const Entry& each) {
    return !workload.selector.asks_for(each.key);
  });
  return own == labels.end() ? labels.front().key : own->key;
}

bool selected(const Service& service, const Labels& labels) {
  const auto& wanted = service.selector.entries();
  return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const Entry& each) {
    const auto found = labels.find(each.key);
    return found != labels.end() && found->second == each.value.as_string();
  });
}

Orphan what_to_do(const Workload& workload, bool let_go, std::int64_t pods) {
  if (!let_go || workload.kind == "StatefulSet") return Orphan::Relabel;
  return pods >= workload.desired ? Orphan::Delete : Orphan::Relabel;
}

}  // namespace cluster
