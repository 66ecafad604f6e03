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
constexpr std::size_t kWaitingMax = 1000, kNamesMax = 10'000;
constexpr unsigned kTries = 5;
constexpr base::Duration kLastWords = base::seconds(5);

/// Of an object in no namespace they are where kubectl looks for them.
std::string space_of(const ObjectRef& about) {
  return about.key.space.empty() ? "default" : about.key.space;
}

}  // namespace

std::string event_json(const ObjectRef& about, const Reporter& reporter, const std::string& name,
                       const event_action::Create& event) {
  api::Node regarding = api::Node::map()
                            .set("apiVersion", about.api_version)
                            .set("kind", about.kind)
                            .set("name", about.key.name)
                            .set("uid", about.uid);
  if (!about.key.space.empty()) regarding.set("namespace", about.key.space);
  if (!about.version.empty()) regarding.set("resourceVersion", about.version);
  const Told& told = event.told;
  return api::to_json(
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
          .set("regarding", std::move(regarding)));
}

class EventRecorder::Driver {
 public:
  Driver(aio::Clock& clock, Client& client, Reporter reporter, EventLog::Config config)
      : clock_(clock), client_(client), reporter_(std::move(reporter)), log_(config) {}

  void tell(const ObjectRef& about, Told told) {
    about_[about.uid] = about;
    add(log_.tell(std::move(told), clock_.now(), clock_.wall_now()));
    // Only of what may still be written is it kept what it is about.
    if (about_.size() > kNamesMax) about_.erase(about_.begin());
  }

  aio::Task<base::Result<>> run(std::stop_token stop) {
    const aio::Executor executor = co_await boost::asio::this_coro::executor;
    work_.emplace(executor, aio::Event::Mode::Auto);
    const auto alarm = clock_.alarm(executor);
    do {
      while (!waiting_.empty() && !stop.stop_requested()) co_await write_next(stop);
      if (clock_.now() >= log_.next_sweep()) add(log_.sweep(clock_.now()));
      alarm->arm(log_.next_sweep(), [this] { wake(); });
      if (!waiting_.empty()) wake();
    } while (!stop.stop_requested() && co_await work_->wait(stop));
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
  };

  void wake() {
    if (work_) work_->set();
  }

  void add(const std::vector<EventAction>& actions) {
    for (const EventAction& action : actions) {
      auto one = std::visit([this](const auto& a) { return request_of(a); }, action);
      if (!one) continue;
      if (waiting_.size() < kWaitingMax) {
        waiting_.push_back(std::move(*one));
      } else {
        ++dropped_;
      }
    }
    wake();
  }

  std::optional<Waiting> request_of(const event_action::Create& create) {
    const auto about = about_.find(create.told.object);
    if (about == about_.end()) return {};
    // Unique in its namespace, also after a restart of the program.
    const std::string name =
        fmt::format("{}.{:x}{:04x}", about->second.key.name.substr(0, kNameMax),
                    create.at.time_since_epoch().count(), create.number & 0xFFFFU);
    const Key key{space_of(about->second), name};
    names_[create.number] = key;
    if (names_.size() > kNamesMax) names_.erase(names_.begin());
    return Waiting{"POST", path_of(kEvents, {key.space, ""}), "application/json",
                   event_json(about->second, reporter_, name, create)};
  }

  std::optional<Waiting> request_of(const event_action::Series& series) const {
    const auto name = names_.find(series.number);
    if (name == names_.end()) return {};
    const api::Node patch =
        api::Node::map().set("series", api::Node::map()
                                           .set("count", static_cast<std::int64_t>(series.count))
                                           .set("lastObservedTime", micro_time(series.last)));
    return Waiting{"PATCH", path_of(kEvents, name->second), "application/merge-patch+json",
                   api::to_json(patch)};
  }

  /// Until it is written, given up, or told to stop; then it stays the next one.
  aio::Task<> write_next(std::stop_token stop) {
    base::Random random(written_ + 1);
    base::Backoff backoff({base::seconds(1), base::seconds(10), 2.0, 0.5});
    for (unsigned tries = 1;; ++tries) {
      const Waiting& next = waiting_.front();
      const auto reply =
          co_await client_.send(next.method, next.target, next.type, next.body, stop);
      if (stop.stop_requested() && !reply) co_return;
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
  std::map<std::string, ObjectRef> about_;  // by uid
  std::map<std::uint64_t, Key> names_;      // of the Events that may become series
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
