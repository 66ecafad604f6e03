#include "operator/sidecar_pod_looks.h"

#include <string_view>
#include <utility>

#include "kube/decode.h"
#include "kube/taken.h"
#include "operator/injection.h"
#include "operator/log.h"

namespace op {
namespace {

constexpr std::uint32_t kPage = 100;

base::Result<> add_page(const kube::ListPage& page, SidecarPods& out) {
  for (const kube::ObjectText& item : page.items) {
    // Most pods say nothing: they are not read.
    if (item.json.find(kStatusAnnotation) == std::string_view::npos) continue;
    TRY(const api::Node pod, api::parse_json(item.json));
    if (auto says = sidecar_pod(pod)) out.add(*std::move(says));
  }
  return {};
}

}  // namespace

aio::Task<std::shared_ptr<const SidecarPods>> SidecarPodLooks::of(kube::Key profile,
                                                                  std::stop_token stop) {
  const base::TimePoint now = clock_.now();
  {
    Look& look = looks_[profile.space];
    look.profiles.insert(profile.name);
    if (look.at != base::TimePoint{} && now - look.at < kFreshFor) co_return look.pods;
    look.at = now;
  }
  auto pods = co_await list(profile.space, stop);
  const auto found = looks_.find(profile.space);
  // Its profiles went meanwhile, or we do.
  if (found == looks_.end() || stop.stop_requested()) co_return nullptr;
  const bool failed_before = std::exchange(found->second.failed, !pods);
  if (!pods) {
    found->second.pods = nullptr;
    if (!failed_before) {
      log(Level::Warning, "pods that have no sidecar are not seen: " + pods.error().message,
          {{"controller", "sidecarprofile"}, {"namespace", profile.space}});
    }
    co_return nullptr;
  }
  found->second.pods = std::make_shared<const SidecarPods>(*std::move(pods));
  co_return found->second.pods;
}

void SidecarPodLooks::forget(const kube::Key& profile) {
  const auto found = looks_.find(profile.space);
  if (found == looks_.end()) return;
  found->second.profiles.erase(profile.name);
  if (found->second.profiles.empty()) looks_.erase(found);
}

aio::Task<base::Result<SidecarPods>> SidecarPodLooks::list(std::string space,
                                                           std::stop_token stop) {
  SidecarPods out;
  kube::ListQuery query;
  query.limit = kPage;
  kube::Decoder decoder;
  do {
    CO_TRY(const kube::Reply reply,
           kube::taken(co_await client_.list(kube::kPods, space, query, stop),
                       "list pods of namespace " + space));
    CO_TRY(const kube::ListPage page, decoder.list_page(reply.body));
    CO_TRY(add_page(page, out));
    query.next = page.next;
  } while (!query.next.empty());
  co_return out;
}

}  // namespace op
