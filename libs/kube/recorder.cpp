#include "kube/recorder.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/event.h"
#include "api/node.h"
#include "base/backoff.h"

namespace kube {
namespace {

const Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};
constexpr std::size_t kInstanceMax = 128, kNameMax = 200;  // names are ASCII
constexpr std::size_t kWaitingMax = 1000, kWrittenMax = 1000;
constexpr unsigned kTries = 5;
constexpr base::Duration kLastWords = base::seconds(5);
constexpr base::Duration kLongAfter = base::seconds(86'400);

api::Node series_of(const event_action::Series& series) {
  return api::Node::map()
      .set("count", static_cast<std::int64_t>(series.count))
      .set("lastObservedTime", micro_time(series.last));
}

/// Of an object in no namespace they are where kubectl looks for them.
std::string space_of(const ObjectRef& about) {
  return about.key.space.empty() ? "default" : about.key.space;
}

}  // namespace

std::string event_json(const ObjectRef& about, const Reporter& reporter, const std::string& name,
                       const event_action::Create& event, const event_action::Series* series) {
  api::Node regarding = api::Node::map()
                            .set("apiVersion", about.api_version)
                            .set("kind", about.kind)
                            .set("name", about.key.name)
                            .set("uid", about.uid);
  if (!about.key.space.empty()) regarding.set("namespace", about.key.space);
  if (!about.version.empty()) regarding.set("resourceVersion", about.version);
  const Told& told = event.told;
  api::Node out =
      api::Node::map()
          .set("apiVersion", kEvents.api_version())
          .set("kind", kEvents.kind)
          .set("metadata", api::Node::map().set("name", name).set("namespace", space_of(about)))
          .set("eventTime", micro_time(event.at))
          .set("reportingController", reporter.controller)
          .set("reportingInstance", reporter.instance.substr(0, kInstanceMax))
          .set("type", told.type)
          .set("reason", told.reason)
          .set("action", told.action)
          .set("note", told.note)
          .set("regarding", std::move(regarding));
  if (series != nullptr) out.set("series", series_of(*series));
  return api::to_json(out);
}

std::string event_name(const ObjectRef& about, const event_action::Create& event) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  std::string name = about.key.name.substr(0, kNameMax);
  for (char& c : name) {
    if (!plain(c)) c = '-';
  }
  while (!name.empty() && !plain(name.back())) name.pop_back();
  name.erase(name.begin(), std::find_if(name.begin(), name.end(), plain));
  // Unique in its namespace, also after a restart of the program.
  return fmt::format("{}.{:x}{:04x}", name.empty() ? "event" : name,
                     event.at.time_since_epoch().count(), event.number & 0xFFFFU);
}

class EventRecorder::Driver {
 public:
  Driver(aio::Clock& clock, Client& client, Reporter reporter, EventLog::Config config)
      : clock_(clock), client_(client), reporter_(std::move(reporter)), log_(config) {}

  void tell(const ObjectRef& about, Told told) {
    add(log_.tell(std::move(told), clock_.now(), clock_.wall_now()), &about);
  }

  aio::Task<base::Result<>> run(std::stop_token stop) {
    const aio::Executor executor = co_await boost::asio::this_coro::executor;
    work_.emplace(executor, aio::Event::Mode::Auto);
    const auto alarm = clock_.alarm(executor);
    do {
      while (!waiting_.empty() && !stop.stop_requested()) co_await write_next(stop);
      if (clock_.now() >= log_.next_sweep()) add(log_.sweep(clock_.now()), nullptr);
      alarm->arm(log_.next_sweep(), [this] { wake(); });
      if (!waiting_.empty()) wake();
    } while (!stop.stop_requested() && co_await work_->wait(stop));
    add(log_.sweep(clock_.now() + kLongAfter), nullptr);  // series end with their true counts
    aio::Deadline last(clock_, executor, clock_.now() + kLastWords, {});
    while (!waiting_.empty() && !last.expired()) co_await write_next(last.token());
    work_.reset();
    co_return base::Result<>{};
  }

  std::uint64_t written() const { return written_; }
  std::uint64_t dropped() const { return dropped_ + log_.dropped(); }

 private:
  struct Waiting {
    std::string method, target, type, body;
    std::string collection{}, whole{};  // of a PATCH: what to POST where, if the Event is gone
  };
  /// An Event that may become a series.
  struct Written {
    ObjectRef about;
    std::string name;
    event_action::Create create;
  };

  void wake() {
    if (work_) work_->set();
  }

  /// `about`: of those that are new.
  void add(const std::vector<EventAction>& actions, const ObjectRef* about) {
    for (const EventAction& action : actions) {
      std::optional<Waiting> one;
      if (const auto* create = std::get_if<event_action::Create>(&action)) {
        if (about != nullptr) one = request_of(*create, *about);
      } else if (const auto* series = std::get_if<event_action::Series>(&action)) {
        one = request_of(*series);
      }
      if (!one) continue;
      if (waiting_.size() < kWaitingMax) {
        waiting_.push_back(std::move(*one));
      } else {
        ++dropped_;
      }
    }
    wake();
  }

  Waiting request_of(const event_action::Create& create, const ObjectRef& about) {
    Written& written = written_events_[create.number];
    written = {about, event_name(about, create), create};
    Waiting out{"POST", path_of(kEvents, {space_of(about), ""}), "application/json",
                event_json(about, reporter_, written.name, create, nullptr)};
    if (written_events_.size() > kWrittenMax) written_events_.erase(written_events_.begin());
    return out;
  }

  std::optional<Waiting> request_of(const event_action::Series& series) const {
    const auto it = written_events_.find(series.number);
    if (it == written_events_.end()) return {};
    const auto& [about, name, create] = it->second;
    const std::string space = space_of(about);
    const api::Node patch = api::Node::map().set("series", series_of(series));
    return Waiting{"PATCH",
                   path_of(kEvents, {space, name}),
                   "application/merge-patch+json",
                   api::to_json(patch),
                   path_of(kEvents, {space, ""}),
                   event_json(about, reporter_, name, create, &series)};
  }

  /// Until it is written, given up, or told to stop; then it stays the next one.
  aio::Task<> write_next(std::stop_token stop) {
    base::Random random(written_ + 1);
    base::Backoff backoff({base::seconds(1), base::seconds(10), 2.0, 0.5});
    for (unsigned tries = 1;; ++tries) {
      Waiting& next = waiting_.front();
      const auto reply =
          co_await client_.send(next.method, next.target, next.type, next.body, stop);
      if (stop.stop_requested() && !reply) co_return;
      if (reply && reply->code == 404 && next.method == "PATCH") {
        // It never arrived, or somebody deleted it; the series is news all the same.
        next = {"POST", next.collection, "application/json", next.whole};
        continue;
      }
      const bool done = reply && (reply->ok() || reply->code == 409);
      const bool hopeless = reply && reply->code >= 400 && reply->code < 500 && reply->code != 429;
      if (done || hopeless || tries == kTries) {
        (done ? written_ : dropped_) += 1;
        waiting_.pop_front();
        co_return;
      }
      if (!co_await aio::wait_for(clock_, backoff.next(random), stop)) co_return;
    }
  }

  aio::Clock& clock_;
  Client& client_;
  Reporter reporter_;
  EventLog log_;
  std::map<std::uint64_t, Written> written_events_;  // by number
  std::deque<Waiting> waiting_;
  std::optional<aio::Event> work_;  // while run() runs
  std::uint64_t written_ = 0, dropped_ = 0;
};

EventRecorder::EventRecorder(aio::Clock& clock, Client& client, Reporter reporter,
                             EventLog::Config config)
    : driver_(std::make_unique<Driver>(clock, client, std::move(reporter), config)) {}
EventRecorder::~EventRecorder() = default;

void EventRecorder::tell(const ObjectRef& about, const std::string& type, const std::string& reason,
                         const std::string& action, const std::string& note) {
  driver_->tell(about, {about.uid, type, reason, action, note});
}

aio::Task<base::Result<>> EventRecorder::run(std::stop_token stop) {
  return driver_->run(std::move(stop));
}

std::uint64_t EventRecorder::written() const {
  return driver_->written();
}

std::uint64_t EventRecorder::dropped() const {
  return driver_->dropped();
}

}  // namespace kube
