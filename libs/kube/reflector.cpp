#include "kube/reflector.h"

#include <algorithm>

#include <fmt/format.h>

namespace kube {

namespace {
constexpr base::Duration kShort = base::seconds(1);
constexpr std::int64_t kTimeoutLow = 300, kTimeoutHigh = 600;  // seconds

bool is_gone(const reflect_event::Failed& event) {
  return event.code == 410 || event.reason == "Expired" || event.reason == "Gone";
}
/// The server does not know sendInitialEvents, or does not allow it.
bool refuses_streams(const reflect_event::Failed& event) {
  return event.code == 400 || event.code == 405 || event.code == 422;
}
std::string in_words(const reflect_event::Failed& event) {
  if (event.code == 0) return event.message;
  return fmt::format("{} {}: {}", event.code, event.reason, event.message);
}
}  // namespace

Reflector::Reflector(Config config, std::uint64_t seed)
    : config_(config), random_(seed), backoff_(config.backoff), streams_(config.streams) {}

std::vector<ReflectAction> Reflector::step(const ReflectEvent& event, base::TimePoint now) {
  now_ = now;
  actions_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  if (doing_ == Doing::Idle && now_ >= not_before_) go_on();
  const base::TimePoint next = doing_ == Doing::Idle ? not_before_ : heard_ + config_.silence;
  actions_.emplace_back(reflect_action::WakeAt{next});
  return std::move(actions_);
}

Fate Reflector::got(Change change, const std::string& version, bool initial_end,
                    base::TimePoint now) {
  heard_ = now;
  any_heard_ = true;
  if (doing_ == Doing::Streaming) {
    if (change == Change::Deleted) return Fate::Unstage;
    if (change != Change::Bookmark) return Fate::Stage;
    if (!initial_end) return Fate::Nothing;
    committed(version);
    return Fate::Commit;
  }
  if (doing_ != Doing::Watching) return Fate::Nothing;
  version_ = version;
  problem_.clear();
  if (change == Change::Bookmark) return Fate::Nothing;
  return change == Change::Deleted ? Fate::Remove : Fate::Put;
}

void Reflector::on(const reflect_event::Page& event) {
  if (doing_ != Doing::Paging) return;
  if (!event.next.empty()) {
    list(event.next);
    return;
  }
  actions_.emplace_back(reflect_action::Commit{});
  committed(event.version);
  watch(false);
}

void Reflector::on(const reflect_event::Failed& event) {
  const Doing what = doing_;
  if (what == Doing::Idle) return;
  const bool lasted = any_heard_ || now_ - began_ >= kShort;
  const bool knew = !newest_;
  give_up(in_words(event));
  if (what == Doing::Streaming && refuses_streams(event)) {
    streams_ = false;
    return;
  }
  if (event.version_too_large) {
    relist_ = newest_ = true;
  } else if (is_gone(event) && what == Doing::Watching) {
    relist_ = true;
    if (lasted) return;
  } else if (is_gone(event)) {
    newest_ = true;
    if (knew) return;
  } else if (event.too_much && what == Doing::Paging) {
    newest_ =
        true;  // of a version everything comes at once, whatever the limit; of the newest, pages
  } else if (event.code == 404) {
    relist_ = true;  // the kind may come back as another one
  }
  pause(event.retry_after);
}

void Reflector::on(const reflect_event::Ended& /*event*/) {
  const Doing what = doing_;
  if (what == Doing::Idle) return;
  const bool lasted = any_heard_ || now_ - began_ >= kShort;
  give_up(lasted ? "" : "the watch ended at once");
  if (what != Doing::Watching || !lasted) pause({});
}

void Reflector::on(const reflect_event::Woke& /*event*/) {
  if (doing_ == Doing::Idle || now_ < heard_ + config_.silence) return;
  // Perhaps it takes sendInitialEvents for nothing and waits for changes.
  if (doing_ == Doing::Streaming && !any_heard_) streams_ = false;
  actions_.emplace_back(reflect_action::Close{});
  give_up(fmt::format("nothing was heard for {}", base::human(config_.silence)));
}

void Reflector::go_on() {
  if (!relist_) {
    watch(false);
    return;
  }
  ++lists_;
  if (streams_) {
    watch(true);
  } else {
    list("");
  }
}

void Reflector::list(const std::string& next) {
  std::string version = next.empty() ? from() : "";
  // The first copy may be as old as the server's cache: it is watched from there on.
  if (next.empty() && version.empty() && !newest_) version = "0";
  actions_.emplace_back(reflect_action::List{std::move(version), next});
  began(Doing::Paging);
}

void Reflector::watch(bool initial) {
  const std::int64_t timeout = random_.between(kTimeoutLow, kTimeoutHigh);
  actions_.emplace_back(
      reflect_action::Watch{from(), initial, static_cast<std::uint32_t>(timeout)});
  began(initial ? Doing::Streaming : Doing::Watching);
}

void Reflector::began(Doing doing) {
  doing_ = doing;
  began_ = heard_ = now_;
  any_heard_ = false;
}

void Reflector::committed(const std::string& version) {
  doing_ = Doing::Watching;
  version_ = version;
  synced_ = true;
  relist_ = newest_ = false;
  problem_.clear();
}

/// Ends the request that was under way.
void Reflector::give_up(std::string problem) {
  if (doing_ != Doing::Watching) actions_.emplace_back(reflect_action::Discard{});
  if (now_ - began_ >= config_.well) backoff_.reset();
  doing_ = Doing::Idle;
  not_before_ = now_;
  problem_ = std::move(problem);
}

void Reflector::pause(base::Duration at_least) {
  not_before_ = now_ + std::max(backoff_.next(random_), at_least);
}

std::string Reflector::from() const {
  return newest_ ? "" : version_;
}

}  // namespace kube
