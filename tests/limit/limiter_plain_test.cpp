// The limiter beside one that is written as the rule is told (limit/limiter.h): window after
// window, every counter in a map. Both have to say the same of every request, whatever the rules
// are.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "base/random.h"
#include "limiter_fixture.h"

namespace limit {
namespace {

class PlainLimiter {
 public:
  explicit PlainLimiter(const Rules& rules) : rules_(rules) {}

  Decision decide(const Request& request, base::TimePoint now) {
    Decision decision;
    decision.matched = rules_.matching(request.method, request.target, request.headers);
    if (decision.matched == 0) return decision;
    decision.counted = true;
    judge(request.subject.client, Bucket::Client, now, decision);
    if (decision.judged == Verdict::Admit) {
      judge(request.subject.fingerprint.value, Bucket::Fingerprint, now, decision);
    }
    if (decision.judged == Verdict::Admit) {
      count(request.subject.client, Bucket::Client, now, decision.matched);
      count(request.subject.fingerprint.value, Bucket::Fingerprint, now, decision.matched);
    }
    decision.verdict = decision.judged;
    return decision;
  }

 private:
  using Key = std::tuple<std::uint64_t, Bucket, std::size_t, std::size_t>;

  void judge(std::uint64_t subject, Bucket bucket, base::TimePoint now, Decision& decision) {
    for (std::size_t r = 0; r < rules_.all().size(); ++r) {
      if ((decision.matched >> r & 1U) == 0) continue;
      for (std::size_t w = 0; w < rules_.all()[r].windows.size(); ++w) {
        const Window& window = rules_.all()[r].windows[w];
        const Word* const words = counters_[{subject, bucket, r, w}].data();
        const LimitRef here{static_cast<std::uint8_t>(r), static_cast<std::uint8_t>(w)};
        judge(window, words, window.at(now), here, bucket, decision);
      }
    }
  }

  static void judge(const Window& window, const Word* words, const Moment& moment, LimitRef here,
                    Bucket bucket, Decision& decision) {
    const std::uint32_t quota = window.limit().quota;
    const std::uint32_t used = window.estimate(words, moment);
    if (used >= quota) {
      const base::Duration wait = window.wait(words, moment, quota - 1);
      if (decision.judged == Verdict::Refuse && wait <= decision.retry_after) return;
      decision.judged = Verdict::Refuse;
      decision.remaining = 0;
      decision.retry_after = wait;
    } else {
      if (decision.judged == Verdict::Refuse) return;
      if (decision.limit && decision.remaining <= quota - used - 1) return;
      decision.remaining = quota - used - 1;
    }
    decision.limit = here;
    decision.bucket = bucket;
  }

  void count(std::uint64_t subject, Bucket bucket, base::TimePoint now, std::uint16_t matched) {
    for (std::size_t r = 0; r < rules_.all().size(); ++r) {
      if ((matched >> r & 1U) == 0) continue;
      for (std::size_t w = 0; w < rules_.all()[r].windows.size(); ++w) {
        const Window& window = rules_.all()[r].windows[w];
        window.count(counters_[{subject, bucket, r, w}].data(), window.at(now), Sharing::OneThread);
      }
    }
  }

  const Rules& rules_;
  std::map<Key, std::array<Word, 4>> counters_;
};

/// One to four rules of one to three windows, some for a path alone; quotas that are reached.
Settings drawn_settings(base::Random& random) {
  constexpr std::array<int, 6> kWindows = {1, 5, 10, 60, 600, 3600};
  Settings settings;
  settings.rules.clear();
  const std::uint64_t rules = 1 + random.below(4);
  for (std::uint64_t r = 0; r < rules; ++r) {
    RuleSettings rule{"rule" + std::to_string(r), {}, {}};
    if (random.chance(0.4)) rule.match.path = random.chance(0.5) ? "/a*" : "/b*";
    const std::size_t first = random.below(4), windows = 1 + random.below(3);
    for (std::size_t w = first; w < std::min(first + windows, kWindows.size()); ++w) {
      const auto quota = static_cast<std::uint32_t>(3 + random.below(30) * (w + 1));
      rule.limits.push_back({quota, base::seconds(kWindows[w])});
    }
    settings.rules.push_back(rule);
  }
  return settings;
}

Request drawn_request(base::Random& random) {
  constexpr std::array<std::string_view, 3> kTargets = {"/a/1", "/b?c", "/"};
  Request request;
  request.subject = {1 + random.below(5), {1 + random.below(8)}};
  request.method = "GET";
  request.target = kTargets[random.below(kTargets.size())];
  return request;
}

void expect_same(const Decision& ours, const Decision& plain) {
  ASSERT_EQ(ours.verdict, plain.verdict);
  ASSERT_EQ(ours.judged, plain.judged);
  ASSERT_EQ(ours.counted, plain.counted);
  ASSERT_EQ(ours.matched, plain.matched);
  ASSERT_EQ(ours.bucket, plain.bucket);
  ASSERT_EQ(ours.remaining, plain.remaining);
  ASSERT_EQ(ours.retry_after, plain.retry_after);
  ASSERT_EQ(ours.limit.has_value(), plain.limit.has_value());
  if (!ours.limit) return;
  ASSERT_EQ(ours.limit->rule, plain.limit->rule);
  ASSERT_EQ(ours.limit->window, plain.limit->window);
}

TEST(Limiter, DecidesAsOneThatGoesFromWindowToWindow) {
  int refused = 0, by_fingerprint = 0, admitted = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    base::Random random(seed);
    const Rules rules = Rules::compile(drawn_settings(random)).value();
    std::vector<Word> memory(Table::words_for(4096));
    Table table(memory);
    Limiter ours(rules, table, seed % 2 == 0 ? Sharing::OneThread : Sharing::Threads);
    PlainLimiter plain(rules);
    base::Duration now = base::seconds(random.between(0, 1'000'000));
    for (int i = 0; i < 1500; ++i) {
      now += base::millis(random.chance(0.9) ? random.between(0, 200) : random.between(0, 20'000));
      const Request request = drawn_request(random);
      const Decision decision = ours.decide(request, base::TimePoint(now));
      SCOPED_TRACE("seed " + std::to_string(seed) + ", request " + std::to_string(i));
      ASSERT_NO_FATAL_FAILURE(expect_same(decision, plain.decide(request, base::TimePoint(now))));
      const bool refuses = decision.verdict == Verdict::Refuse;
      refused += refuses ? 1 : 0;
      by_fingerprint += refuses && decision.bucket == Bucket::Fingerprint ? 1 : 0;
      admitted += decision.counted && !refuses ? 1 : 0;
    }
  }
  EXPECT_GT(refused, 5000);
  EXPECT_GT(by_fingerprint, 500);
  EXPECT_GT(admitted, 5000);
}

}  // namespace
}  // namespace limit
