// Whether a request is let in. The order is the law:
//   1. probes and signed traffic of drills are let in and not counted (the edge says which);
//   2. a client on the deny list is turned away;
//   3. a client on the allow list is let in and not counted;
//   4. the client's bucket (its address, IPv6: its /64) is asked in every rule that matches;
//   5. only then its fingerprint: it can only tighten. A client that changes a header with every
//      request gets a new fingerprint each time, and is stopped by step 4 as if it had not; and
//      once it is, its fingerprints take no places of the table;
//   6. only what is let in is counted, so that a client that goes on asking is served its quota,
//      and `Retry-After` is true.
//
// Threads: each has a Limiter of its own; the Table and the Rules are shared. Threads that decide
// about one client at the same instant may all see its last free place: at most one request more
// per further thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"
#include "limit/fingerprint.h"
#include "limit/rules.h"
#include "limit/table.h"

namespace limit {

struct Request {
  Address client;
  Subject subject;
  std::string_view method;
  std::string_view target;  // path and query as they were sent
  std::span<const Header> headers;
  bool exempt = false;  // a probe, or drill traffic whose signature was checked
};

enum class Verdict : std::uint8_t { Admit, Refuse, Deny };

/// Places of a limit in the Rules.
struct LimitRef {
  std::uint8_t rule = 0;
  std::uint8_t window = 0;
};

struct Decision {
  Verdict verdict = Verdict::Admit;  // what to do
  Verdict judged = Verdict::Admit;   // what would be done if this were no dry run
  bool counted = false;              // false: exempt, on a list, or no rule matches
  Bucket bucket = Bucket::Client;    // whose limit it is
  std::uint16_t matched = 0;         // bit i: rule i was enforced
  std::optional<LimitRef> limit;     // the refusing limit, or that with the fewest requests left
  std::uint32_t remaining = 0;       // requests left under it
  base::Duration retry_after{0};     // of a refusal
};

class Limiter {
 public:
  /// Lifetime: rules and table outlive it.
  Limiter(const Rules& rules, Table& table, Sharing sharing);
  Limiter(const Limiter&) = delete;  // its ranking refers to it
  Limiter& operator=(const Limiter&) = delete;

  /// Fetches what decide() will read of a client or fingerprint, while the caller has something
  /// else to do: comparing the headers of a connection (FingerprintCache::last), or hashing them.
  void prefetch(std::uint64_t subject, Bucket bucket) const;

  /// `now`: may be coarse. It moves on together with those of other threads, to within a step.
  Decision decide(const Request& request, base::TimePoint now);

  /// All that is known of a client under one limit, by others as well (limit/sharing.h): its
  /// counter is at least `total` from now on, as far as that matters to the limit. By how much it
  /// was raised.
  std::uint32_t raise(std::uint64_t client, LimitRef limit, std::uint32_t total,
                      base::TimePoint now);

 private:
  struct Entry {
    std::uint64_t key;
    Word* counter;
    std::uint8_t rule;
  };
  /// Of one bucket under each rule; the first `count` are written.
  struct Entries {
    std::array<Entry, Rules::kRulesMax> all;
    std::size_t count = 0;
  };
  /// What a decision needs of a rule, side by side: windows as they lie in a counter, the longest
  /// last, and the moments of this tick.
  struct Plan {
    struct At {
      Moment moment;
      Word base = 0;          // cells::age_base() of the moment
      std::int64_t room = 0;  // what tightest() is of a client that used nothing
      std::uint32_t share = 0;
    };
    std::uint64_t salt = 0;
    std::size_t first = 0;  // windows of the rule begin here
    std::array<At, Rules::kWindowsMax> at{};
  };
  void tick(base::TimePoint now);
  Decision by_rules(const Request& request);
  /// Their keys, whose places are fetched from then on.
  void name(Entries& entries, std::uint64_t subject, Bucket bucket, std::uint16_t rules) const;
  /// Their counters; who finds no place is no entry any more.
  void find(Entries& entries);
  /// The fewest requests that would be left under a limit if this one is counted, and which limit
  /// that is, in one number (limiter.cpp); the first of several. Less than 0: one is used up.
  std::int64_t tightest(const Entries& entries, Bucket bucket) const;
  template <std::size_t kAt>
  static std::int64_t left(const Plan& plan, const Word* counter);
  /// What an admitted request is told, of a number of tightest().
  void tell(std::int64_t tight, Decision& decision) const;
  /// False where another thread has begun a step meanwhile, after which nothing is used up.
  bool refuse(const Entries& entries, Bucket bucket, Decision& decision) const;
  void count(const Entries& entries) const;
  template <std::size_t kAt>
  void count(const Entry& entry) const;
  std::uint64_t key(std::uint64_t subject, std::size_t rule, Bucket bucket) const;
  const Moment& moment(std::size_t rule, std::size_t window) const {
    const Plan& plan = plans_[rule];
    return plan.at[plan.first + window].moment;
  }

  /// What the table asks: the greatest part of a quota that is used up.
  class UsedUp : public Ranking {
   public:
    explicit UsedUp(const Limiter& limiter) : limiter_(limiter) {}
    std::uint32_t rank(std::uint64_t key, const Word* counter) const override;

   private:
    const Limiter& limiter_;
  };

  const Rules& rules_;
  Table& table_;
  Sharing sharing_;
  UsedUp ranking_{*this};
  base::TimePoint now_ = base::kNever;
  std::array<Plan, Rules::kRulesMax> plans_{};
};

}  // namespace limit
