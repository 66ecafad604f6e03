#include "runner/instance_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "aio/task_group.h"
#include "probes/probe_postgres.h"

namespace runner {
namespace {

using Role = probes::PgInstanceView::Role;

std::size_t streaming(const probes::PgInstanceView& primary) {
  return static_cast<std::size_t>(
      std::count_if(primary.standbys.begin(), primary.standbys.end(),
                    [](const probes::PgStandbyLag& lag) { return lag.state == "streaming"; }));
}

}  // namespace

std::string primary_of(const InstanceViews& views) {
  std::string best;
  std::uint32_t timeline = 0;
  for (const auto& [name, view] : views) {
    if (view.role != Role::Primary) continue;
    if (best.empty() || view.identity.timeline > timeline) {
      best = name;
      timeline = view.identity.timeline;
    }
  }
  return best;
}

InstanceBaseline baseline_of(const InstanceViews& views) {
  InstanceBaseline out;
  out.primary = primary_of(views);
  if (out.primary.empty()) return out;
  const probes::PgInstanceView& primary = views.at(out.primary);
  out.timeline = primary.identity.timeline;
  out.standbys = streaming(primary);
  return out;
}

drill::Seen promoted_by(const InstanceViews& views, const InstanceBaseline& baseline) {
  bool unknown = false;
  for (const auto& [name, view] : views) {
    if (name == baseline.primary) continue;
    if (view.role == Role::Primary) return drill::Seen::Yes;
    unknown |= view.role == Role::Down;
  }
  return unknown ? drill::Seen::Unknown : drill::Seen::No;
}

drill::Seen redundancy_by(const InstanceViews& views, const InstanceBaseline& baseline) {
  const std::string primary = primary_of(views);
  if (primary.empty()) return drill::Seen::Unknown;
  return streaming(views.at(primary)) >= baseline.standbys ? drill::Seen::Yes : drill::Seen::No;
}

base::Result<InstanceWatch> InstanceWatch::create(aio::Clock& clock, const api::LocalSystem& system,
                                                  const std::shared_ptr<net::Names>& names) {
  std::set<std::string> isolated;
  for (const api::ProcessSpec& process : system.processes) {
    if (process.isolated) isolated.insert(process.isolated->instance);
  }
  InstanceWatch watch;
  watch.clock_ = &clock;
  std::map<std::string, probes::PgAddress> addresses;
  for (const api::InstanceSpec& instance : system.instances) {
    if (!instance.postgres) continue;
    TRY(addresses[instance.name], probes::pg_address(instance, names));
    if (!isolated.contains(instance.name)) watch.names_.push_back(instance.name);
  }
  watch.instances_ = std::make_shared<probes::PgInstances>(clock, std::move(addresses));
  return watch;
}

aio::Task<base::Result<>> InstanceWatch::look_at(std::string name, std::stop_token stop) {
  CO_TRY(probes::PgInstanceView view, co_await instances_->look(name, std::move(stop)));
  views_[name] = std::move(view);
  co_return base::Result<>{};
}

aio::Task<base::Result<>> InstanceWatch::look(std::stop_token stop) {
  const base::TimePoint began = clock_->now();
  // All at once: one that hangs must not delay the answer about the others.
  aio::TaskGroup looks(co_await aio::asio::this_coro::executor);
  for (const std::string& name : names_) looks.spawn(look_at(name, stop));
  CO_TRY(co_await looks.join());
  const std::string primary = primary_of(views_);
  if (!primary.empty()) {
    for (const probes::PgStandbyLag& lag : views_.at(primary).standbys) {
      lag_.push_back({clock_->now(), lag.bytes, lag.replay_heard});
    }
    const bool other = !baseline_.primary.empty() && primary != baseline_.primary;
    if (other && promoted_to_.empty()) promoted_to_ = primary;
  }
  if (names_.empty()) co_return base::Result<>{};
  const auto standbys =
      primary.empty() ? 0U : static_cast<std::uint32_t>(streaming(views_.at(primary)));
  looks_.push_back({began, primary, standbys, redundancy() == drill::Seen::Yes});
  co_return base::Result<>{};
}

}  // namespace runner
