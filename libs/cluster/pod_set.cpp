#include "cluster/pod_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kube/decode.h"
#include "kube/taken.h"

namespace cluster {

using api::Node;

Node selects_of(const Node& selector, bool each_agrees) {
  if (selector["matchLabels"].size() + selector["matchExpressions"].size() == 0) {
    return Node::map();
  }
  Node out = selector;
  Node expressions =
      out["matchExpressions"].is_sequence() ? out["matchExpressions"] : Node::sequence();
  expressions.push(Node::map().set("key", kDrillLabel).set("operator", "DoesNotExist"));
  if (each_agrees) {
    expressions.push(Node::map()
                         .set("key", kOptInLabel)
                         .set("operator", "In")
                         .set("values", Node::strings({kOptInValue})));
  }
  return out.set("matchExpressions", std::move(expressions));
}

base::Result<Workload> pod_set(const api::WorkloadSpec& spec, bool each_agrees,
                               const std::vector<Pod>& pods) {
  Workload out;
  out.kind = spec.kind;
  out.name = spec.name;
  out.selects = selects_of(spec.selector, each_agrees);
  // A NetworkPolicy would take it for all pods that there are.
  if (out.selects.size() == 0) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("selector of '{}': asks for nothing", spec.name));
  }
  TRY(out.selector, Selector::parse(out.selects));
  out.desired = spec.count;
  out.ready = std::count_if(pods.begin(), pods.end(), [&](const Pod& pod) {
    return pod.ready && !pod.deleting && !pod.ended() && out.selector.matches(pod.labels);
  });
  return out;
}

aio::Task<base::Result<std::vector<Pod>>> list_pods(kube::Client& client, std::string ns,
                                                    Node selects, std::stop_token stop) {
  CO_TRY(const Selector selector, Selector::parse(selects));
  kube::ListQuery query;
  query.labels = selector.query();
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client.list(kPods, ns, query, std::move(stop)),
                     "list pods of namespace " + ns));
  kube::Decoder decoder;
  CO_TRY(const kube::ListPage page, decoder.list_page(reply.body));
  std::vector<Pod> out;
  for (const kube::ObjectText& item : page.items) {
    CO_TRY(Pod pod, parse_pod(item.json));
    if (!pod.ended()) out.push_back(std::move(pod));
  }
  std::sort(out.begin(), out.end(), [](const Pod& a, const Pod& b) { return a.name < b.name; });
  co_return out;
}

const Pod* first_closed(const std::vector<Pod>& pods) {
  const auto closed =
      std::find_if(pods.begin(), pods.end(), [](const Pod& pod) { return !opted_in(pod.labels); });
  return closed == pods.end() ? nullptr : &*closed;
}

}  // namespace cluster
