#include "limit/limiter.h"

#include <algorithm>
#include <bit>

namespace limit {
namespace {

// The low bits of a key name the rule and the bucket, so that the table can rank any entry.
constexpr unsigned kRuleShift = 1;
constexpr std::uint64_t kRuleMask = Rules::kRulesMax - 1;
constexpr std::uint64_t kLowBits = 0x1F;

}  // namespace

Limiter::Limiter(const Rules& rules, Table& table, Sharing sharing)
    : rules_(rules), table_(table), sharing_(sharing) {}

void Limiter::tick(base::TimePoint now) {
  if (now == now_) return;
  now_ = now;
  for (std::size_t rule = 0; rule < rules_.all().size(); ++rule) {
    const std::vector<Window>& windows = rules_.all()[rule].windows;
    for (std::size_t i = 0; i < windows.size(); ++i) moments_[rule][i] = windows[i].at(now);
  }
}

std::uint64_t Limiter::key(std::uint64_t subject, std::size_t rule, Bucket bucket) const {
  const std::uint64_t mixed = spread(subject ^ rules_.all()[rule].salt);
  return (mixed & ~kLowBits) | rule << kRuleShift | static_cast<std::uint64_t>(bucket);
}

void Limiter::prefetch(std::uint64_t subject, Bucket bucket) const {
  for (unsigned left = rules_.unconditional(); left != 0; left &= left - 1) {
    table_.prefetch(key(subject, static_cast<std::size_t>(std::countr_zero(left)), bucket));
  }
}

std::uint32_t Limiter::UsedUp::rank(std::uint64_t key, const Word* counter) const {
  const std::size_t index = key >> kRuleShift & kRuleMask;
  const std::vector<Rule>& rules = limiter_.rules_.all();
  if (index >= rules.size()) return 0;  // of rules that are no more
  std::uint64_t most = 0;
  const Rule& rule = rules[index];
  for (std::size_t i = 0; i < rule.windows.size(); ++i) {
    const std::uint64_t used =
        rule.windows[i].estimate(counter + rule.offsets[i], limiter_.moments_[index][i]);
    most = std::max(most, used * kOver / rule.windows[i].limit().quota);
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(most, kOver));
}

Decision Limiter::decide(const Request& request, base::TimePoint now) {
  Decision decision;
  if (request.exempt) return decision;
  if (!rules_.deny().empty() && rules_.deny().contains(request.client)) {
    decision.judged = Verdict::Deny;
  } else if (rules_.allow().empty() || !rules_.allow().contains(request.client)) {
    tick(now);
    decision = by_rules(request);
  }
  decision.verdict = rules_.dry_run() ? Verdict::Admit : decision.judged;
  return decision;
}

std::uint32_t Limiter::raise(std::uint64_t client, LimitRef limit, std::uint32_t total,
                             base::TimePoint now) {
  tick(now);
  Word* const counter = table_.find_or_insert(key(client, limit.rule, Bucket::Client), ranking_);
  if (counter == nullptr) return 0;
  const Rule& rule = rules_.all()[limit.rule];
  const Window& window = rule.windows[limit.window];
  const Moment& moment = moments_[limit.rule][limit.window];
  Word* const words = counter + rule.offsets[limit.window];
  const std::uint32_t known = window.estimate(words, moment);
  const std::uint32_t wanted = std::min(total, window.limit().quota);
  for (std::uint32_t i = known; i < wanted; ++i) window.count(words, moment, sharing_);
  return wanted > known ? wanted - known : 0;
}

Decision Limiter::by_rules(const Request& request) {
  Decision decision;
  decision.matched = rules_.matching(request.method, request.target, request.headers);
  if (decision.matched == 0) return decision;
  decision.counted = true;
  Entries entries;
  find(entries, request.subject.client, Bucket::Client, decision.matched);
  judge(entries, 0, decision);
  if (decision.judged == Verdict::Refuse) return decision;
  const std::size_t clients = entries.count;
  find(entries, request.subject.fingerprint.value, Bucket::Fingerprint, decision.matched);
  judge(entries, clients, decision);
  if (decision.judged == Verdict::Admit) count(entries);
  return decision;
}

void Limiter::find(Entries& entries, std::uint64_t subject, Bucket bucket, std::uint16_t matched) {
  for (unsigned left = matched; left != 0; left &= left - 1) {
    const auto rule = static_cast<std::uint8_t>(std::countr_zero(left));
    Word* const counter = table_.find_or_insert(key(subject, rule, bucket), ranking_);
    if (counter != nullptr) entries.all[entries.count++] = {counter, rule, bucket};
  }
}

void Limiter::judge(const Entries& entries, std::size_t first, Decision& decision) const {
  for (std::size_t i = first; i < entries.count; ++i) judge(entries.all[i], decision);
}

void Limiter::judge(const Entry& entry, Decision& decision) const {
  const Rule& rule = rules_.all()[entry.rule];
  for (std::size_t i = 0; i < rule.windows.size(); ++i) {
    const Window& window = rule.windows[i];
    const Word* const words = entry.counter + rule.offsets[i];
    const Moment& moment = moments_[entry.rule][i];
    const std::uint32_t quota = window.limit().quota;
    const std::uint32_t used = window.estimate(words, moment);
    const LimitRef here{entry.rule, static_cast<std::uint8_t>(i)};
    if (used >= quota) {
      // Of several that refuse, the one that does so longest is told: before its time it is no use.
      const base::Duration wait = window.wait(words, moment, quota - 1);
      if (decision.judged == Verdict::Refuse && wait <= decision.retry_after) continue;
      decision.judged = Verdict::Refuse;
      decision.limit = here;
      decision.bucket = entry.bucket;
      decision.remaining = 0;
      decision.retry_after = wait;
    } else if (decision.judged == Verdict::Admit) {
      const std::uint32_t remaining = quota - used - 1;  // this request is counted as well
      if (decision.limit && decision.remaining <= remaining) continue;
      decision.limit = here;
      decision.bucket = entry.bucket;
      decision.remaining = remaining;
    }
  }
}

void Limiter::count(const Entries& entries) const {
  for (std::size_t i = 0; i < entries.count; ++i) {
    const Entry& entry = entries.all[i];
    const Rule& rule = rules_.all()[entry.rule];
    for (std::size_t w = 0; w < rule.windows.size(); ++w) {
      rule.windows[w].count(entry.counter + rule.offsets[w], moments_[entry.rule][w], sharing_);
    }
  }
}

}  // namespace limit
