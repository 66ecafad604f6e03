#include "cli/cluster_follow.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/task_group.h"
#include "cli/cluster_refusal.h"
#include "cli/cluster_story.h"
#include "kube/decode.h"
#include "kube/informer.h"
#include "kube/store.h"

namespace cli {
namespace {

using api::Node;
using cluster::DrillObject;

const kube::Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};

constexpr std::uint32_t kWatchSeconds = 60;      // of one; a silent server is believed no longer
constexpr std::uint32_t kUntouchedSeconds = 15;  // until a drill without a phase is remarked upon
constexpr base::Duration kWatchGrace = base::seconds(10);
constexpr base::Duration kAgain = base::seconds(1);
constexpr base::Duration kLateEvents = base::seconds(1);  // they are written after the status

bool terminal(const base::Error& error) {
  return error.code == base::Code::NotFound || error.code == base::Code::PermissionDenied ||
         error.code == base::Code::InvalidArgument || error.code == base::Code::Cancelled;
}

class Follower {
 public:
  Follower(ClusterLink& link, std::string name, Onlooker onlooker)
      : link_(link), name_(std::move(name)), onlooker_(std::move(onlooker)) {}

  aio::Task<base::Result<DrillObject>> run(std::stop_token stop) {
    CO_TRY(const DrillObject first, co_await link_.drill(name_, stop));
    drill_ = first;
    tell(first);
    if (has_ended(first) && !onlooker_.on_event) co_return first;
    aio::TaskGroup group(co_await aio::asio::this_coro::executor, stop);
    if (onlooker_.on_event) group.spawn(events(group.token()));
    const auto done = co_await to_the_end(stop);
    if (done && onlooker_.on_event) {
      static_cast<void>(co_await aio::wait_for(link_.clock(), kLateEvents, stop));
    }
    group.cancel();
    static_cast<void>(co_await group.join());
    if (!done) co_return tl::unexpected(done.error());
    co_return *drill_;
  }

 private:
  aio::Task<base::Result<>> to_the_end(std::stop_token stop) {
    while (!has_ended(*drill_)) {
      if (stop.stop_requested() || enough()) {
        co_return base::fail(base::Code::Cancelled, "no longer watched");
      }
      const auto watched = co_await watch_once(stop);
      if (!watched && watched.error().code == base::Code::PermissionDenied) {
        co_return tl::unexpected(watched.error());
      }
      if (has_ended(*drill_)) break;
      const auto seen = co_await link_.drill(name_, stop);
      if (!seen && terminal(seen.error())) {
        if (seen.error().code != base::Code::NotFound) co_return tl::unexpected(seen.error());
        co_return base::fail(base::Code::NotFound,
                             fmt::format("drill {} was deleted while it was watched", name_));
      }
      if (!seen) {
        trouble(seen.error().message + "; trying again");
        static_cast<void>(co_await aio::wait_for(link_.clock(), kAgain, stop));
        continue;
      }
      trouble_.clear();
      if (seen->uid != drill_->uid) {
        co_return base::fail(
            base::Code::NotFound,
            fmt::format("drill {} was deleted, and another one of its name is there", name_));
      }
      see(*seen);
      remark_on_silence();
      // One that cannot be watched at all is looked at now and then.
      if (!watched) static_cast<void>(co_await aio::wait_for(link_.clock(), kAgain, stop));
    }
    co_return base::Result<>{};
  }

  /// Until the drill has ended, the server ends the watch, or it says nothing for too long.
  aio::Task<base::Result<>> watch_once(std::stop_token stop) {
    kube::WatchQuery query;
    query.fields = "metadata.name=" + name_;
    query.version = drill_->version;
    query.timeout_seconds = drill_->phase().empty() ? kUntouchedSeconds : kWatchSeconds;
    const std::string target = kube::watch_target(cluster::kDrills, link_.ns(), query);
    kube::Decoder decoder;
    bool refused = false;
    const std::function<bool(std::string_view)> line = [&](std::string_view text) {
      const auto event = decoder.watch_event(text);
      refused = !event || event->error;
      if (refused || event->change == kube::Change::Deleted) return false;
      if (event->change == kube::Change::Bookmark) return true;
      if (const auto drill = cluster::parse_drill(event->object.json)) see(*drill);
      return !has_ended(*drill_) && !enough();
    };
    auto ask = [this, &target, &line](std::stop_token token) {
      return link_.client().watch(target, {}, line, std::move(token));
    };
    const base::TimePoint until =
        link_.clock().now() + base::seconds(query.timeout_seconds) + kWatchGrace;
    const auto reply =
        co_await aio::with_deadline(link_.clock(), until, std::move(stop), "watch", ask);
    if (!reply) co_return tl::unexpected(reply.error());
    if (!reply->ok()) {
      co_return tl::unexpected(refusal(*reply, cluster::kDrills, link_.ns()));
    }
    if (refused) co_return base::fail(base::Code::Unavailable, "the watch was ended by an error");
    co_return base::Result<>{};
  }

  /// Events are extra: what cannot be read of them is said, and the drill is followed all the same.
  aio::Task<base::Result<>> events(std::stop_token stop) {
    const std::string fields = "regarding.uid=" + drill_->uid;
    kube::ListQuery query;
    query.fields = fields;
    auto listed = co_await link_.list(kEvents, link_.ns(), query, stop);
    if (!listed && terminal(listed.error())) {
      if (listed.error().code != base::Code::Cancelled && onlooker_.on_trouble) {
        onlooker_.on_trouble("Events are not shown: " + listed.error().message);
      }
      co_return base::Result<>{};
    }
    if (listed) {
      std::sort(listed->begin(), listed->end(),
                [](const Node& a, const Node& b) { return event_time(a) < event_time(b); });
      for (const Node& event : *listed) onlooker_.on_event(event);
    }
    kube::Store<Node> store(api::parse_json);
    store.on_news = [this, &store](const kube::Key& key, kube::News news) {
      const Node* event = store.find(key);
      if (event != nullptr && news != kube::News::Removed) onlooker_.on_event(*event);
    };
    kube::InformerOptions options{.resource = kEvents, .ns = link_.ns(), .fields = fields};
    kube::Informer informer(link_.clock(), link_.client(), std::move(options), store);
    co_return co_await informer.run(std::move(stop));
  }

  void see(const DrillObject& drill) {
    if (drill.version == drill_->version) return;
    drill_ = drill;
    tell(drill);
  }

  void tell(const DrillObject& drill) const {
    if (onlooker_.on_drill) onlooker_.on_drill(drill);
  }

  bool enough() const { return onlooker_.had_enough && onlooker_.had_enough(); }

  void trouble(const std::string& text) {
    if (text == trouble_) return;
    trouble_ = text;
    if (onlooker_.on_trouble) onlooker_.on_trouble(text);
  }

  void remark_on_silence() {
    if (!drill_->phase().empty() || remarked_) return;
    remarked_ = true;
    if (!onlooker_.on_trouble) return;
    onlooker_.on_trouble(fmt::format(
        "no operator has looked at drill {} yet: does one run, and is namespace {} enabled? "
        "kubectl get pods -A -l app.kubernetes.io/name=muster",
        name_, link_.ns()));
  }

  ClusterLink& link_;
  std::string name_;
  Onlooker onlooker_;
  std::optional<DrillObject> drill_;
  std::string trouble_;
  bool remarked_ = false;
};

}  // namespace

aio::Task<base::Result<DrillObject>> follow(ClusterLink& link, std::string drill, Onlooker onlooker,
                                            std::stop_token stop) {
  Follower follower(link, std::move(drill), std::move(onlooker));
  co_return co_await follower.run(std::move(stop));
}

}  // namespace cli
