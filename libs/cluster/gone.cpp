#include "cluster/gone.h"

#include <utility>

#include <fmt/format.h>

namespace cluster {
namespace {

constexpr base::Duration kAskEvery = base::millis(250);

/// `found`: what has the name now. `what`: "Service web".
template <class T>
base::Result<std::optional<T>> left_of(ClusterTarget& target, const std::string& part,
                                       const std::string& what, const std::string& uid,
                                       base::Result<T> found) {
  if (found && (uid.empty() || found->uid == uid)) return std::optional<T>(std::move(*found));
  if (!found && found.error().code != base::Code::NotFound) {
    return tl::unexpected(found.error());
  }
  target.found_gone(
      part, fmt::format("{} {}", what, found ? "is another one of that name now" : "is gone"));
  return std::optional<T>();
}

}  // namespace

aio::Task<base::Result<std::optional<Workload>>> workload_left(ClusterTarget& target,
                                                               std::string name, std::string uid,
                                                               std::stop_token stop) {
  const api::WorkloadSpec* spec = target.spec().workload(name);
  const std::string what = (spec == nullptr ? "workload" : spec->kind) + " " + name;
  co_return left_of(target, "workload/" + name, what, uid,
                    co_await target.workload(name, std::move(stop)));
}

aio::Task<base::Result<std::optional<Service>>> service_left(ClusterTarget& target,
                                                             std::string name, std::string uid,
                                                             std::stop_token stop) {
  CO_TRY(const kube::Key key, target.service_key(name));
  co_return left_of(target, "service/" + name, "Service " + key.name, uid,
                    co_await target.service(name, std::move(stop)));
}

aio::Task<base::Result<>> until_mended(aio::Clock& clock, ClusterTarget& target, std::string name,
                                       std::string uid, std::stop_token stop) {
  std::string last = "nothing was seen yet";
  while (true) {
    const auto now = co_await workload_left(target, name, uid, stop);
    if (now && (!*now || (*now)->ready >= (*now)->desired)) co_return base::Result<>{};
    if (!stop.stop_requested()) {
      last =
          now ? fmt::format("{} of {} pods of {} are ready", (*now)->ready, (*now)->desired, name)
              : now.error().message;
    }
    if (!co_await aio::wait_for(clock, kAskEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, "last seen: " + last);
    }
  }
}

}  // namespace cluster
