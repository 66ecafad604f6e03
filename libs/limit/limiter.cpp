#include "limit/limiter.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace limit {
namespace {

// The low bits of a key name the rule and the bucket, so that the table can rank any entry.
constexpr unsigned kRuleShift = 1;
constexpr std::uint64_t kRuleMask = Rules::kRulesMax - 1;
constexpr std::uint64_t kLowBits = 0x1F;

// Requests left and, in the low bits, where: bucket, rule, window. Among equals the least is the
// client's before the fingerprint's, an earlier rule, a shorter window.
constexpr unsigned kLeftShift = 8;
constexpr unsigned kBucketShift = 6;
constexpr unsigned kPlaceShift = 2;
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
static_assert(Rules::kRulesMax <= 1U << (kBucketShift - kPlaceShift));
static_assert(Rules::kWindowsMax <= 1U << kPlaceShift);

/// For a request that is counted as well, of a client that used nothing.
constexpr std::int64_t room_of(std::uint32_t quota, std::size_t rule, std::size_t window) {
  return std::int64_t{quota - 1} << kLeftShift |
         static_cast<std::int64_t>(rule << kPlaceShift | window);
}

}  // namespace

Limiter::Limiter(const Rules& rules, Table& table, Sharing sharing)
    : rules_(rules), table_(table), sharing_(sharing) {
  for (std::size_t i = 0; i < rules_.all().size(); ++i) {
    const Rule& rule = rules_.all()[i];
    Plan& plan = plans_[i];
    plan.salt = rule.salt;
    plan.first = Rules::kWindowsMax - rule.windows.size();
    for (std::size_t w = 0; w < rule.windows.size(); ++w) {
      Plan::At& at = plan.at[plan.first + w];
      at.room = room_of(rule.windows[w].limit().quota, i, w);
      at.share = rule.windows[w].share();
    }
  }
}

void Limiter::tick(base::TimePoint now) {
  if (now == now_) return;
  now_ = now;
  for (std::size_t i = 0; i < rules_.all().size(); ++i) {
    const std::vector<Window>& windows = rules_.all()[i].windows;
    for (std::size_t w = 0; w < windows.size(); ++w) {
      Plan::At& at = plans_[i].at[plans_[i].first + w];
      at.moment = windows[w].at(now);
      at.base = cells::age_base(at.moment.step, static_cast<std::uint32_t>(windows[w].words()));
    }
  }
}

std::uint64_t Limiter::key(std::uint64_t subject, std::size_t rule, Bucket bucket) const {
  const std::uint64_t mixed = spread(subject ^ plans_[rule].salt);
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
        rule.windows[i].estimate(counter + rule.offsets[i], limiter_.moment(index, i));
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
  const Moment& moment = this->moment(limit.rule, limit.window);
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
  // The fingerprint's places are on their way while the client is judged.
  Entries clients, fingerprints;
  name(clients, request.subject.client, Bucket::Client, decision.matched);
  name(fingerprints, request.subject.fingerprint.value, Bucket::Fingerprint, decision.matched);
  find(clients);
  std::int64_t tight = tightest(clients, Bucket::Client);
  if (tight < 0 && refuse(clients, Bucket::Client, decision)) return decision;
  find(fingerprints);
  tight = std::min(tight, tightest(fingerprints, Bucket::Fingerprint));
  if (tight < 0 && refuse(fingerprints, Bucket::Fingerprint, decision)) return decision;
  count(clients);
  count(fingerprints);
  if (tight >= 0 && tight != kNoLimit) tell(tight, decision);
  return decision;
}

void Limiter::name(Entries& entries, std::uint64_t subject, Bucket bucket,
                   std::uint16_t rules) const {
  for (unsigned left = rules; left != 0; left &= left - 1) {
    const auto rule = static_cast<std::uint8_t>(std::countr_zero(left));
    const std::uint64_t its = key(subject, rule, bucket);
    table_.prefetch(its);
    entries.all[entries.count++] = {its, nullptr, rule};
  }
}

void Limiter::find(Entries& entries) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    Entry entry = entries.all[i];
    entry.counter = table_.find_or_insert(entry.key, ranking_);
    if (entry.counter != nullptr) entries.all[found++] = entry;
  }
  entries.count = found;
}

template <std::size_t kAt>
std::int64_t Limiter::left(const Plan& plan, const Word* counter) {
  const Plan::At& at = plan.at[kAt];
  const std::int64_t used = Window::estimate_of<Rules::kWords[kAt]>(
      counter + Rules::kOffsets[kAt], at.base, at.moment.oldest_part, at.share);
  return at.room - (used << kLeftShift);
}

std::int64_t Limiter::tightest(const Entries& entries, Bucket bucket) const {
  std::int64_t least = kNoLimit;
  for (std::size_t i = 0; i < entries.count; ++i) {
    const Entry& entry = entries.all[i];
    const Plan& plan = plans_[entry.rule];
    if (plan.first == 0) least = std::min(least, left<0>(plan, entry.counter));
    if (plan.first <= 1) least = std::min(least, left<1>(plan, entry.counter));
    least = std::min(least, left<2>(plan, entry.counter));
  }
  return least | std::int64_t{static_cast<std::uint8_t>(bucket)} << kBucketShift;
}

void Limiter::tell(std::int64_t tight, Decision& decision) const {
  const auto place = static_cast<unsigned>(tight & ((1 << kLeftShift) - 1));
  const unsigned rule = place >> kPlaceShift & (Rules::kRulesMax - 1);
  const unsigned window = place & ((1U << kPlaceShift) - 1);
  decision.bucket = static_cast<Bucket>(place >> kBucketShift);
  decision.limit = {static_cast<std::uint8_t>(rule), static_cast<std::uint8_t>(window)};
  decision.remaining = static_cast<std::uint32_t>(tight >> kLeftShift);
}

/// Of several that refuse, the one that does so longest is told: before its time it is no use.
bool Limiter::refuse(const Entries& entries, Bucket bucket, Decision& decision) const {
  for (std::size_t i = 0; i < entries.count; ++i) {
    const Entry& entry = entries.all[i];
    const Rule& rule = rules_.all()[entry.rule];
    for (std::size_t w = 0; w < rule.windows.size(); ++w) {
      const Window& window = rule.windows[w];
      const Word* const words = entry.counter + rule.offsets[w];
      const Moment& now = moment(entry.rule, w);
      const std::uint32_t quota = window.limit().quota;
      if (window.estimate(words, now) < quota) continue;
      const base::Duration wait = window.wait(words, now, quota - 1);
      if (decision.judged == Verdict::Refuse && wait <= decision.retry_after) continue;
      decision.judged = Verdict::Refuse;
      decision.limit = {entry.rule, static_cast<std::uint8_t>(w)};
      decision.bucket = bucket;
      decision.retry_after = wait;
    }
  }
  return decision.judged == Verdict::Refuse;
}

template <std::size_t kAt>
void Limiter::count(const Entry& entry) const {
  const Plan& plan = plans_[entry.rule];
  Word* const words = entry.counter + Rules::kOffsets[kAt];
  if (Window::count_usual(words, plan.at[kAt].moment, sharing_)) return;
  const Rule& rule = rules_.all()[entry.rule];
  rule.windows[kAt - plan.first].count(words, plan.at[kAt].moment, sharing_);
}

void Limiter::count(const Entries& entries) const {
  for (std::size_t i = 0; i < entries.count; ++i) {
    const Entry& entry = entries.all[i];
    const std::size_t first = plans_[entry.rule].first;
    if (first == 0) count<0>(entry);
    if (first <= 1) count<1>(entry);
    count<2>(entry);
  }
}

}  // namespace limit
