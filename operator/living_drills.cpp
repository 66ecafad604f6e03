#include "operator/living_drills.h"

#include <utility>

#include "kube/decode.h"
#include "kube/taken.h"

namespace op {
namespace {

using cluster::DrillObject;

void add_living(const DrillObject& drill, const std::string& plan, std::vector<LivingDrill>& to) {
  if (drill.finished() || drill.plan != plan) return;
  to.push_back({drill.key, drill.uid, drill.created, drill.abort});
}

}  // namespace

std::vector<std::string> names_of(const std::vector<LivingDrill>& drills) {
  std::vector<std::string> out;
  for (const LivingDrill& drill : drills) out.push_back(drill.key.name);
  return out;
}

std::vector<LivingDrill> copied_drills(const kube::Store<DrillObject>& copy,
                                       const std::string& space, const std::string& plan) {
  std::vector<LivingDrill> out;
  copy.for_each([&](const kube::Key& key, const DrillObject& drill) {
    if (key.space == space) add_living(drill, plan, out);
  });
  return out;
}

aio::Task<base::Result<std::vector<LivingDrill>>> asked_drills(kube::Client& client,
                                                               std::string space, std::string plan,
                                                               std::stop_token stop) {
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client.list(cluster::kDrills, space, {}, std::move(stop)),
                     "list drills of namespace " + space));
  kube::Decoder decoder;
  CO_TRY(const kube::ListPage page, decoder.list_page(reply.body));
  std::vector<LivingDrill> out;
  for (const kube::ObjectText& item : page.items) {
    if (const auto drill = cluster::parse_drill(item.json)) add_living(*drill, plan, out);
  }
  co_return out;
}

aio::Task<base::Result<>> abort_drills(kube::Client& client, std::vector<LivingDrill> drills,
                                       std::optional<base::WallTime> until, std::stop_token stop) {
  for (const LivingDrill& drill : drills) {
    const auto created = kube::parse_time(drill.created);
    const bool later = until && (!created || *created > *until);
    if (drill.abort || later) continue;
    CO_TRY(co_await cluster::DrillWriter(client, drill.key).abort(drill.uid, stop));
  }
  co_return base::Result<>{};
}

}  // namespace op
