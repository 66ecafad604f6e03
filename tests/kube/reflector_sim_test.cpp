// A collection that changes, behind a server that compacts, refuses, lags, falls silent and cuts
// connections, and a reflector that keeps a copy of it.
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "kube/reflector.h"

namespace kube {
namespace {

using base::Duration;
using base::millis;
using base::seconds;
using base::TimePoint;
using reflect_event::Failed;

using Objects = std::map<std::string, std::uint64_t>;  // name -> version of the object

/// The collection at every version that there was; the newest is its last.
class Collection {
 public:
  void change(base::Random& random) {
    Objects next = at_.back();
    const std::string name(1, static_cast<char>('a' + random.below(9)));
    const bool removes = next.contains(name) && random.chance(0.4);
    if (removes) {
      next.erase(name);
    } else {
      next[name] = newest() + 1;
    }
    at_.push_back(std::move(next));
  }
  void compact(base::Random& random) { oldest_ += random.below(newest() - oldest_ + 1); }
  std::uint64_t newest() const { return at_.size() - 1; }
  std::uint64_t oldest() const { return oldest_; }
  const Objects& at(std::uint64_t version) const { return at_[version]; }

 private:
  std::vector<Objects> at_{1};
  std::uint64_t oldest_ = 0;
};

/// The reflector's driver, the network and the API server in one.
class World {
 public:
  World(std::uint64_t seed, bool streams)
      : random_(seed), streams_(streams), reflector_({}, seed) {}

  void run() {
    give(reflect_event::Woke{});
    for (int minute = 0; minute < 60; ++minute) {
      trouble_ = random_.chance(0.5) ? 0 : random_.unit() * 0.5;
      deaf_ = random_.chance(0.1);
      for (int i = 0; i < 60; ++i) tick(millis(random_.between(1, 2000)));
      if (::testing::Test::HasFatalFailure()) return;
    }
    trouble_ = 0;
    deaf_ = false;
    for (int i = 0; i < 600; ++i) tick(seconds(1), false);
    EXPECT_EQ(reflector_.version(), std::to_string(collection_.newest()));
    EXPECT_EQ(copy_, collection_.at(collection_.newest()));
    EXPECT_EQ(reflector_.problem(), "");
  }
  std::uint64_t lists() const { return reflector_.lists(); }
  std::uint64_t reasons() const { return reasons_; }

 private:
  enum class Serving { Nothing, Pages, Initial, Changes, Silence };

  void tick(Duration length, bool changes = true) {
    now_ += length;
    if (changes && random_.chance(0.5)) collection_.change(random_);
    if (changes && random_.chance(0.02)) collection_.compact(random_);
    if (now_ >= wake_) give(reflect_event::Woke{});
    serve();
    check();
  }

  /// The law.
  void check() {
    if (!reflector_.synced()) {
      ASSERT_TRUE(copy_.empty());
      return;
    }
    ASSERT_EQ(copy_, collection_.at(std::stoull(reflector_.version()))) << reflector_.version();
  }

  void give(const ReflectEvent& event) {
    for (const ReflectAction& action : reflector_.step(event, now_)) carry_out(action);
  }

  void carry_out(const ReflectAction& action) {
    if (const auto* list = std::get_if<reflect_action::List>(&action)) {
      EXPECT_EQ(serving_, Serving::Nothing) << "one request at a time";
      list_ = *list;
      serving_ = Serving::Pages;
    } else if (const auto* watch = std::get_if<reflect_action::Watch>(&action)) {
      EXPECT_EQ(serving_, Serving::Nothing) << "one request at a time";
      watch_ = *watch;
      served_ = "";
      answered_ = false;
      serving_ = watch->initial ? Serving::Initial : Serving::Changes;
    } else if (std::holds_alternative<reflect_action::Close>(action)) {
      serving_ = Serving::Nothing;
    } else if (std::holds_alternative<reflect_action::Commit>(action)) {
      copy_ = std::exchange(staged_, {});
    } else if (std::holds_alternative<reflect_action::Discard>(action)) {
      staged_.clear();
    } else {
      wake_ = std::get<reflect_action::WakeAt>(action).at;
    }
  }

  void fail(Failed failure) {
    serving_ = Serving::Nothing;
    give(failure);
  }
  void expired() {
    ++reasons_;
    fail({.code = 410, .reason = "Expired"});
  }
  /// Refusals, broken connections and silence.
  bool is_troubled() {
    if (serving_ == Serving::Nothing || serving_ == Serving::Silence) return true;
    if (deaf_ && serving_ != Serving::Pages) {
      serving_ = Serving::Silence;
      return true;
    }
    if (!random_.chance(trouble_)) return false;
    ++reasons_;  // of a stream or a list, which begins anew
    switch (random_.below(4)) {
      case 0: fail({.code = 429, .retry_after = seconds(random_.between(0, 3))}); break;
      case 1: fail({.code = 500}); break;
      case 2: fail({.message = "connection reset"}); break;
      default:
        if (serving_ == Serving::Pages) return false;
        serving_ = Serving::Nothing;
        give(reflect_event::Ended{});
    }
    return true;
  }

  void serve() {
    if (is_troubled()) return;
    if (serving_ == Serving::Pages) {
      serve_page();
    } else if (serving_ == Serving::Initial) {
      serve_initial();
    } else {
      for (std::uint64_t count = random_.below(5); count > 0; --count) serve_change();
    }
  }

  /// Which version answers a request for "not older than".
  std::optional<std::uint64_t> choose(const std::string& wanted) {
    if (wanted.empty()) return collection_.newest();
    const std::uint64_t least = std::max<std::uint64_t>(std::stoull(wanted), collection_.oldest());
    return least + random_.below(collection_.newest() - least + 1);
  }

  void serve_page() {
    std::uint64_t version = 0;
    std::string after;
    if (list_.next.empty()) {
      version = *choose(list_.version);
    } else {
      version = std::stoull(list_.next);
      after = list_.next.substr(list_.next.find('/') + 1);
      if (version < collection_.oldest()) {
        expired();
        return;
      }
    }
    const Objects& all = collection_.at(version);
    auto next = all.upper_bound(after);
    for (int i = 0; i < 3 && next != all.end(); ++i, ++next) {
      staged_.insert(*next);
      after = next->first;
    }
    serving_ = Serving::Nothing;
    const std::string token = next == all.end() ? "" : fmt::format("{}/{}", version, after);
    give(reflect_event::Page{std::to_string(version), token});
  }

  void serve_initial() {
    if (!streams_) {
      ++reasons_;
      fail({.code = 422, .reason = "Invalid"});
      return;
    }
    if (!answered_) at_ = *choose(watch_.version);
    answered_ = true;
    const Objects& all = collection_.at(at_);
    auto next = all.upper_bound(served_);
    for (std::uint64_t count = random_.below(4); count > 0 && next != all.end(); --count, ++next) {
      served_ = next->first;
      put({Change::Added, at_, next->first, next->second});
    }
    if (next != all.end()) return;
    serving_ = Serving::Changes;
    const Fate fate = reflector_.got(Change::Bookmark, std::to_string(at_), true, now_);
    ASSERT_EQ(fate, Fate::Commit);
    copy_ = std::exchange(staged_, {});
  }

  void serve_change() {
    if (serving_ != Serving::Changes) return;
    if (!answered_) {
      at_ = std::stoull(watch_.version);
      if (at_ < collection_.oldest()) {
        expired();
        return;
      }
      answered_ = true;
    }
    if (at_ == collection_.newest()) {
      if (now_ >= told_ + seconds(60)) put({Change::Bookmark, at_, "", 0});
      return;
    }
    const Objects before = collection_.at(at_), after = collection_.at(++at_);
    for (const auto& [name, version] : before) {
      if (!after.contains(name)) put({Change::Deleted, at_, name, version});
    }
    for (const auto& [name, version] : after) {
      const auto old = before.find(name);
      if (old == before.end()) put({Change::Added, at_, name, version});
      if (old != before.end() && old->second != version) {
        put({Change::Modified, at_, name, version});
      }
    }
    if (random_.chance(0.1)) put({Change::Bookmark, at_, "", 0});
  }

  struct Told {
    Change change;
    std::uint64_t version;
    std::string name;
    std::uint64_t object;
  };
  void put(const Told& told) {
    told_ = now_;
    switch (reflector_.got(told.change, std::to_string(told.version), false, now_)) {
      case Fate::Stage: staged_[told.name] = told.object; break;
      case Fate::Unstage: staged_.erase(told.name); break;
      case Fate::Put: copy_[told.name] = told.object; break;
      case Fate::Remove: copy_.erase(told.name); break;
      case Fate::Nothing: break;
      case Fate::Commit: FAIL() << "not the end of the beginning";
    }
  }

  base::Random random_;
  bool streams_;
  Reflector reflector_;
  Collection collection_;
  TimePoint now_{}, wake_{}, told_{};
  double trouble_ = 0;
  bool deaf_ = false;
  Objects copy_, staged_;

  Serving serving_ = Serving::Nothing;
  reflect_action::List list_;
  reflect_action::Watch watch_;
  std::string served_;  // of an initial stream: up to this name
  bool answered_ = false;
  std::uint64_t at_ = 0;  // the watch has told everything up to this version
  std::uint64_t reasons_ = 1;
};

TEST(ReflectorSim, TheCopyIsNeverWrongAndCatchesUp) {
  for (std::uint64_t seed = 1; seed <= 40 && !::testing::Test::HasFailure(); ++seed) {
    for (const bool streams : {true, false}) {
      SCOPED_TRACE(fmt::format("seed {} streams {}", seed, streams));
      World world(seed, streams);
      world.run();
      EXPECT_LE(world.lists(), world.reasons() + 60) << "listed without a reason";
      EXPECT_GE(world.lists(), 2U) << "too quiet to prove anything";
    }
  }
}

}  // namespace
}  // namespace kube
