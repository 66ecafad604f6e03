// Candidates for one Lease over a server and a network that delay, lose and reorder, with clocks
// that do not run at the same rate: never two leaders, and somebody leads when it is quiet again.
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kube/lease.h"

namespace kube {
namespace {

using base::Duration;
using base::millis;
using base::seconds;
using base::TimePoint;
using How = lease_event::Answered::How;

/// The Lease as the API server keeps it, and whoever watches it.
struct Server {
  std::optional<LeaseRecord> record;
  std::uint64_t version = 0;

  lease_event::Answered write(const lease_action::Write& write) {
    const bool fits = write.create ? !record : record && record->version == write.record.version;
    if (!fits) return {How::Conflict};
    record = write.record;
    record->version = std::to_string(++version);
    return {How::Done, record};
  }
};

/// Moments of true time, in order.
class Agenda {
 public:
  void at(Duration when, std::function<void()> what) { what_.emplace(when, std::move(what)); }
  /// Carries out everything until then; `after` each.
  void run(Duration until, const std::function<void()>& after) {
    while (!what_.empty() && what_.begin()->first <= until) {
      const auto next = what_.extract(what_.begin());
      now = next.key();
      next.mapped()();
      after();
    }
    now = until;
  }
  Duration now{};

 private:
  std::multimap<Duration, std::function<void()>> what_;
};

/// What one candidate's network does: one may be cut off while another is served.
struct Chaos {
  double lost = 0;  // share of requests, answers and watch events that do not arrive
  double slow = 0;  // share of those that take up to `delay_max`
  Duration delay_max = millis(20);
};

class Candidate : public std::enable_shared_from_this<Candidate> {
 public:
  Candidate(std::string name, double rate, Server& server, Agenda& agenda, base::Random& random)
      : lease_({.identity = std::move(name)}),
        rate_(rate),
        server_(server),
        agenda_(agenda),
        random_(random) {}

  void give(const LeaseEvent& event) {
    if (dead) return;
    for (const LeaseAction& action : lease_.step(event, local(), {})) carry_out(action);
  }
  /// What the driver may believe: not longer than what it was told.
  bool leads() const { return !dead && lease_.leads(local()); }
  void saw() {
    if (random_.chance(chaos.lost)) return;
    later([record = server_.record](Candidate& me) { me.give(lease_event::Seen{record}); });
  }
  Chaos chaos;
  bool dead = false, ended = false;
  std::uint32_t last_epoch = 0;
  std::function<void(std::uint32_t)> began = [](std::uint32_t) {};
  std::function<void()> wrote = [] {};

 private:
  TimePoint local() const {
    return TimePoint(
        Duration(static_cast<std::int64_t>(static_cast<double>(agenda_.now.count()) * rate_)));
  }
  Duration true_length(Duration length) const {
    return Duration(static_cast<std::int64_t>(static_cast<double>(length.count()) / rate_) + 1);
  }
  template <class What>
  void later(What what) {
    const Duration longest = random_.chance(chaos.slow) ? chaos.delay_max : millis(20);
    const auto delay = random_.between(0, longest.count());
    agenda_.at(agenda_.now + Duration(delay),
               [me = shared_from_this(), what = std::move(what)] { what(*me); });
  }

  void carry_out(const LeaseAction& action) {
    if (const auto* read = std::get_if<lease_action::Read>(&action)) {
      request(read->within,
              [](Server& server) { return lease_event::Answered{How::Done, server.record}; });
    } else if (const auto* write = std::get_if<lease_action::Write>(&action)) {
      request(write->within, [one = *write](Server& server) { return server.write(one); });
    } else if (const auto* wake = std::get_if<lease_action::WakeAt>(&action)) {
      const std::uint64_t alarm = ++alarm_;
      agenda_.at(agenda_.now + true_length(std::max(wake->at - local(), Duration::zero())),
                 [me = shared_from_this(), alarm] {
                   if (alarm == me->alarm_) me->give(lease_event::Woke{});
                 });
    } else if (const auto* lead = std::get_if<lease_action::Lead>(&action)) {
      began(lead->epoch);
    } else if (std::holds_alternative<lease_action::Ended>(action)) {
      ended = true;
    }
  }

  void request(Duration within, std::function<lease_event::Answered(Server&)> what) {
    EXPECT_FALSE(under_way_) << "one request at a time";
    under_way_ = true;
    const std::uint64_t number = ++number_;
    const auto answer = [number](Candidate& me, const lease_event::Answered& event) {
      if (me.number_ != number || !me.under_way_) return;
      me.under_way_ = false;
      me.give(event);
    };
    agenda_.at(agenda_.now + true_length(within),
               [me = shared_from_this(), answer] { answer(*me, {How::Failed}); });
    if (random_.chance(chaos.lost)) return;
    later([what = std::move(what), answer](Candidate& me) {
      const auto version = me.server_.version;
      const lease_event::Answered event = what(me.server_);
      if (me.server_.version != version) me.wrote();
      if (me.random_.chance(me.chaos.lost)) return;
      me.later([event, answer](Candidate& one) { answer(one, event); });
    });
  }

  Lease lease_;
  double rate_;
  Server& server_;
  Agenda& agenda_;
  base::Random& random_;
  bool under_way_ = false;
  std::uint64_t number_ = 0, alarm_ = 0;
};

class Election {
 public:
  explicit Election(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) start();
  }

  /// Some minutes of bad days, then a quiet one.
  void run() {
    for (int span = 0; span < 40; ++span) {
      for (const auto& one : all_) {
        one->chaos.lost = random_.chance(0.3) ? random_.unit() : 0;
        one->chaos.slow = random_.chance(0.5) ? random_.unit() : 0;
        one->chaos.delay_max = seconds(random_.between(1, 10));
      }
      for (const auto& one : all_)
        if (random_.chance(0.06)) one->dead = true;
      if (random_.chance(0.1)) pick()->give(lease_event::Stop{});
      replace_the_gone();
      advance(seconds(random_.between(1, 20)));
    }
    for (const auto& one : all_) one->chaos = {};
    advance(seconds(60));
    EXPECT_EQ(leaders(), 1) << "nobody leads on a quiet day";
  }
  int terms() const { return static_cast<int>(terms_.size()); }

 private:
  std::shared_ptr<Candidate>& pick() { return all_[random_.below(all_.size())]; }
  void start() {
    const double rate = 0.87 + 0.26 * random_.unit();  // together below a third
    auto one =
        std::make_shared<Candidate>("c" + std::to_string(++born_), rate, server_, agenda_, random_);
    one->began = [this, mine = born_](std::uint32_t epoch) {
      const auto [term, is_new] = terms_.try_emplace(epoch, mine);
      EXPECT_EQ(term->second, mine) << "two candidates for one epoch";
      if (is_new) {
        EXPECT_GE(epoch, last_term_);
      }
      last_term_ = std::max(last_term_, epoch);
    };
    one->wrote = [this] {
      for (const auto& watcher : all_) watcher->saw();
    };
    all_.push_back(one);
    one->give(lease_event::Woke{});
  }
  void replace_the_gone() {
    std::size_t gone = std::erase_if(all_, [](const auto& one) { return one->dead || one->ended; });
    for (; gone > 0; --gone) start();
  }
  int leaders() const {
    return static_cast<int>(
        std::count_if(all_.begin(), all_.end(), [](const auto& one) { return one->leads(); }));
  }
  void advance(Duration length) {
    agenda_.run(agenda_.now + length, [this] { ASSERT_LE(leaders(), 1) << "two leaders"; });
  }

  base::Random random_;
  Server server_;
  Agenda agenda_;
  std::vector<std::shared_ptr<Candidate>> all_;
  std::uint32_t born_ = 0, last_term_ = 0;
  std::map<std::uint32_t, std::uint32_t> terms_;  // epoch -> candidate
};

TEST(LeaseSim, NeverTwoLeadersAndOneOnAQuietDay) {
  int terms = 0;
  for (std::uint64_t seed = 1; seed <= 300 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Election election(seed);
    election.run();
    terms += election.terms();
  }
  EXPECT_GT(terms, 1000) << "too quiet to prove anything";
}

}  // namespace
}  // namespace kube
