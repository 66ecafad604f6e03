#include "operator/rotation.h"

#include <map>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/base64.h"
#include "crypto/certificate.h"

namespace op {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kNames = {"muster-admission.ops.svc"};
const Served kServed{kNames, true};
const RotationTimes kTimes;

base::WallTime start() {
  return base::WallTime(base::seconds(1'800'000'000));
}

AdmissionKeys done(const Rotation& rotation, const AdmissionKeys& keys, base::WallTime now) {
  const auto out = carry_out(rotation, keys, kServed, now, kTimes);
  EXPECT_TRUE(out.has_value()) << out.error().message;
  return out.value_or(AdmissionKeys{});
}
Rotation decided(const AdmissionKeys& keys, base::WallTime now, bool trusted = true) {
  return decide_rotation(keys, kServed, trusted, now, kTimes);
}
AdmissionKeys fresh(base::WallTime now) {
  return done({Rotate::NewAll, "", {}}, {}, now);
}
/// Until nothing is due at that time.
AdmissionKeys settled(AdmissionKeys keys, base::WallTime now) {
  for (int i = 0; i < 4; ++i) {
    const Rotation next = decided(keys, now);
    if (next.what == Rotate::Keep) return keys;
    keys = done(next, keys, now);
  }
  ADD_FAILURE() << "it does not come to rest";
  return keys;
}
std::size_t authorities(const AdmissionKeys& keys) {
  return crypto::certificates_in(keys.authorities).size();
}
/// Whether a client that trusts these authorities takes what the server shows, at that time.
bool is_taken(const std::string& trusted, const std::string& shown, base::WallTime now) {
  const auto leaf = crypto::read_certificate(shown);
  if (!leaf || !leaf->validity.holds_at(now)) return false;
  for (const std::string& one : crypto::certificates_in(trusted)) {
    const auto read = crypto::read_certificate(one);
    if (read->validity.holds_at(now) && crypto::is_signed_by(shown, one)) return true;
  }
  return false;
}

TEST(Rotation, FromNothingAllIsMadeAndThenKept) {
  const Rotation first = decided({}, start());
  EXPECT_EQ(first.what, Rotate::NewAll);
  EXPECT_EQ(first.why, "there is no authority");
  const AdmissionKeys keys = done(first, {}, start());
  EXPECT_TRUE(is_taken(keys.authorities, keys.certificate, start()));
  EXPECT_EQ(crypto::read_certificate(keys.certificate)->names, kNames);
  const Rotation next = decided(keys, start());
  EXPECT_EQ(next.what, Rotate::Keep) << next.why;
  EXPECT_EQ(next.look, kTimes.serving - kTimes.serving_renew);
}

TEST(Rotation, TheServersCertificateIsRenewedAMonthBeforeItsEndByTheSameAuthority) {
  const AdmissionKeys keys = fresh(start());
  EXPECT_EQ(decided(keys, start() + 60 * kDay - base::seconds(1)).what, Rotate::Keep);
  const Rotation due = decided(keys, start() + 60 * kDay);
  EXPECT_EQ(due.what, Rotate::NewServing) << due.why;
  const AdmissionKeys next = done(due, keys, start() + 60 * kDay);
  EXPECT_EQ(next.authorities, keys.authorities);
  EXPECT_NE(next.certificate, keys.certificate);
  EXPECT_EQ(decided(next, start() + 60 * kDay).what, Rotate::Keep);
}

TEST(Rotation, ANewAuthorityIsTrustedBeforeItSignsAndTheOldOneUntilNobodyShowsIt) {
  const base::WallTime late = start() + kTimes.authority - kTimes.authority_renew;
  AdmissionKeys keys = settled(fresh(start()), late - kDay);
  keys = settled(keys, late - kDay + 2 * kTimes.spread);  // its path is the only one
  const std::string old = keys.authorities;
  const Rotation begin = decided(keys, late);
  ASSERT_EQ(begin.what, Rotate::NewAuthority) << begin.why;
  keys = done(begin, keys, late);
  EXPECT_EQ(authorities(keys), 2U);
  EXPECT_TRUE(is_taken(old, keys.certificate, late));
  EXPECT_EQ(decided(keys, late, false).what, Rotate::Keep);
  EXPECT_EQ(decided(keys, late + kTimes.spread - base::seconds(1)).what, Rotate::Keep);
  const base::WallTime spread = late + kTimes.spread;
  EXPECT_EQ(decided(keys, spread, false).what, Rotate::Keep);
  const Rotation promote = decided(keys, spread, true);
  ASSERT_EQ(promote.what, Rotate::NewServing);
  keys = done(promote, keys, spread);
  EXPECT_FALSE(is_taken(old, keys.certificate, spread));
  EXPECT_TRUE(is_taken(keys.authorities, keys.certificate, spread));
  EXPECT_EQ(decided(keys, spread + kTimes.spread - base::seconds(1)).what, Rotate::Keep);
  const Rotation drop = decided(keys, spread + kTimes.spread);
  ASSERT_EQ(drop.what, Rotate::DropOld);
  keys = done(drop, keys, spread + kTimes.spread);
  EXPECT_EQ(authorities(keys), 1U);
  EXPECT_EQ(decided(keys, spread + kTimes.spread).what, Rotate::Keep);
}

TEST(Rotation, WhatIsHalfWrittenIsMadeWhole) {
  const AdmissionKeys good = fresh(start());
  const AdmissionKeys other = fresh(start());
  struct Case {
    AdmissionKeys keys;
    Rotate what;
    const char* why;
  };
  const auto changed = [&](std::string AdmissionKeys::* member, const std::string& value) {
    AdmissionKeys out = good;
    out.*member = value;
    return out;
  };
  const std::vector<Case> cases = {
      {changed(&AdmissionKeys::key, ""), Rotate::NewServing, "cannot be used"},
      {changed(&AdmissionKeys::key, other.key), Rotate::NewServing, "cannot be used"},
      {changed(&AdmissionKeys::certificate, ""), Rotate::NewServing, "no certificate"},
      {changed(&AdmissionKeys::certificate, good.certificate.substr(0, 200)), Rotate::NewServing,
       "cannot be used"},
      {changed(&AdmissionKeys::authorities, ""), Rotate::NewAll, "no authority"},
      {changed(&AdmissionKeys::authorities, "garbage"), Rotate::NewAll, "no authority"},
      {changed(&AdmissionKeys::authorities, other.authorities), Rotate::NewAll, "another one"},
      {changed(&AdmissionKeys::authorities, good.certificate), Rotate::NewAll, "another one"},
      // The server is vouched for still: its calls go on.
      {changed(&AdmissionKeys::authority_key, ""), Rotate::NewAuthority, "key is missing"},
      {changed(&AdmissionKeys::authority_key, other.authority_key), Rotate::NewAuthority,
       "another"},
  };
  for (const Case& one : cases) {
    const Rotation found = decided(one.keys, start());
    EXPECT_EQ(found.what, one.what) << one.why << ": " << found.why;
    EXPECT_THAT(found.why, HasSubstr(one.why));
    const AdmissionKeys repaired = settled(one.keys, start());
    EXPECT_TRUE(is_taken(repaired.authorities, repaired.certificate, start())) << one.why;
    EXPECT_TRUE(can_serve(repaired, kNames)) << one.why;
  }
}

TEST(Rotation, ACertificateOfAnotherServiceIsReplaced) {
  const AdmissionKeys keys = fresh(start());
  const Rotation found =
      decide_rotation(keys, {{"muster-admission.elsewhere.svc"}, true}, true, start(), kTimes);
  EXPECT_EQ(found.what, Rotate::NewServing);
  EXPECT_FALSE(can_serve(keys, {"muster-admission.elsewhere.svc"}));
}

TEST(Rotation, AnAuthorityThatSomebodyBroughtIsKept) {
  const crypto::KeyPair own =
      crypto::make_authority("ours", {start() - kDay, start() + 300 * kDay});
  const auto server = crypto::make_server(own, kNames, {start() - kDay, start() + 80 * kDay});
  ASSERT_TRUE(server.has_value());
  const AdmissionKeys brought{own.certificate, own.key, server->certificate, server->key};
  const Rotation next = decided(brought, start());
  EXPECT_EQ(next.what, Rotate::NewPath) << next.why;
  const AdmissionKeys kept = done(next, brought, start());
  EXPECT_EQ(kept.certificate, brought.certificate);
  EXPECT_EQ(decided(kept, start()).what, Rotate::Keep);
}

TEST(Rotation, WhatExpiredLongAgoIsMadeAnew) {
  const AdmissionKeys keys = fresh(start());
  EXPECT_EQ(decided(keys, start() + 100 * kDay).what, Rotate::NewServing);
  const base::WallTime late = start() + 3000 * kDay;
  const Rotation found = decided(keys, late);
  EXPECT_EQ(found.what, Rotate::NewAll);
  EXPECT_THAT(found.why, HasSubstr("the authority is valid from"));
  const AdmissionKeys next = done(found, keys, late);
  EXPECT_EQ(authorities(next), 1U);
  EXPECT_EQ(decided(next, late).what, Rotate::Keep);
}

TEST(Rotation, AClockThatStepsForthAndBackLeavesUsableKeys) {
  AdmissionKeys keys = fresh(start());
  for (const base::Duration step : {4000 * kDay, -4000 * kDay, 100 * kDay, -100 * kDay,
                                    base::Duration(base::seconds(-1800)), 30 * kDay, -30 * kDay}) {
    const base::WallTime now = start() + step;
    keys = settled(keys, now);
    EXPECT_TRUE(is_taken(keys.authorities, keys.certificate, now)) << base::human(step);
  }
  // Half an hour back is what `backdate` is for.
  keys = fresh(start());
  EXPECT_EQ(decided(keys, start() - base::seconds(1800)).what, Rotate::Keep);
}

TEST(Rotation, AServerNeverOutlivesItsSigner) {
  const crypto::KeyPair ending = crypto::make_authority("a", {start() - kDay, start() + 10 * kDay});
  const auto signed_one =
      carry_out({Rotate::NewServing, "", {}}, {ending.certificate, ending.key, "", ""}, kServed,
                start(), kTimes);
  ASSERT_TRUE(signed_one.has_value());
  EXPECT_EQ(crypto::read_certificate(signed_one->certificate)->validity.until, start() + 10 * kDay);
}

TEST(Rotation, TheSecretHoldsThemAsTheyAre) {
  const AdmissionKeys keys = fresh(start());
  const api::Node secret = api::Node::map().set("data", data_of(keys));
  EXPECT_EQ(keys_of(secret), keys);
  EXPECT_EQ(keys_of(api::Node()), AdmissionKeys{});
  EXPECT_EQ(keys_of(api::Node::map().set("data", api::Node::map().set("ca.crt", "***"))),
            AdmissionKeys{});
}

TEST(Rotation, APathIsDrawnWithEachCertificateAndUsedWhenAllKnowIt) {
  AdmissionKeys keys = fresh(start());
  ASSERT_EQ(keys.paths.size(), 1U);
  const std::string old = keys.paths.front();
  EXPECT_EQ(old.size(), 32U);
  EXPECT_EQ(path_in_use(keys, start(), kTimes), old);
  const base::WallTime due = start() + 60 * kDay;
  keys = done(decided(keys, due), keys, due);
  ASSERT_EQ(keys.paths.size(), 2U);
  const std::string drawn = keys.paths.front();
  EXPECT_NE(drawn, old);
  const base::WallTime known = due + kTimes.spread;
  EXPECT_EQ(path_in_use(keys, known - base::seconds(1), kTimes), old);
  EXPECT_EQ(decided(keys, known - base::seconds(1)).look, base::seconds(1));
  EXPECT_EQ(path_in_use(keys, known, kTimes), drawn);
  const base::WallTime used = known + kTimes.spread;
  EXPECT_EQ(decided(keys, used - base::seconds(1)).what, Rotate::Keep);
  EXPECT_EQ(decided(keys, used, false).what, Rotate::Keep) << "somebody is sent to the old one";
  const Rotation drop = decided(keys, used);
  ASSERT_EQ(drop.what, Rotate::DropOldPath);
  keys = done(drop, keys, used);
  EXPECT_THAT(keys.paths, testing::ElementsAre(drawn));
  EXPECT_EQ(decided(keys, used).what, Rotate::Keep);
}

TEST(Rotation, ACertificateThatIsMadeAgainTooSoonLeavesThePathThatIsInUse) {
  AdmissionKeys keys = fresh(start());
  const std::string used = keys.paths.front();
  for (int i = 0; i < 5; ++i) {
    keys = done({Rotate::NewServing, "", {}}, keys, start() + base::seconds(i));
    EXPECT_EQ(path_in_use(keys, start() + base::seconds(i), kTimes), used);
    EXPECT_LE(keys.paths.size(), 3U);
  }
  EXPECT_EQ(settled(keys, start() + kDay).paths.size(), 1U);
}

TEST(Rotation, APathThatNobodyDrewIsNone) {
  AdmissionKeys keys = fresh(start());
  for (const char* wrong :
       {"", "a", "../../../../../../../../etc/pass", "0123456789ABCDEF0123456789ABCDEF"}) {
    keys.paths = {wrong};
    const AdmissionKeys read = keys_of(api::Node::map().set("data", data_of(keys)));
    EXPECT_THAT(read.paths, testing::IsEmpty()) << wrong;
    EXPECT_EQ(decided(read, start()).what, Rotate::NewPath);
  }
  keys.paths.clear();
  EXPECT_EQ(decide_rotation(keys, {kNames, false}, true, start(), kTimes).what, Rotate::Keep)
      << "who has no webhooks needs none";
}

/// Four years: the leader looks now and then, webhooks and replicas hear of each change after a
/// while of their own, and at each moment every API server asks every replica.
class FourYears {
  struct Told {
    std::string authorities, path;
    bool operator==(const Told&) const = default;
  };

 public:
  explicit FourYears(std::uint64_t seed) : random_(seed) {}

  void run() {
    keys_ = fresh(now_);
    for (int i = 0; i < 2; ++i) heard_.push_back(keys_);
    trusting_.assign(2, told());
    while (now_ < start() + 4 * 365 * kDay && !testing::Test::HasFailure()) {
      lead();
      // All hear of it, each at a time of its own; calls go on in between.
      for (int step = 0; step < 4; ++step) {
        hear();
        call();
      }
      heard_.assign(2, keys_);
      trusting_.assign(2, told());
      call();
      now_ += next_;
    }
    EXPECT_GT(authorities_made_, 3);
    EXPECT_GT(servers_made_, 15);
    EXPECT_GT(paths_dropped_, 15);
  }

 private:
  void lead() {
    const bool trusted = trusting_[0] == told() && trusting_[1] == told();
    const Rotation next = decided(keys_, now_, trusted);
    authorities_made_ += next.what == Rotate::NewAuthority ? 1 : 0;
    servers_made_ += next.what == Rotate::NewServing ? 1 : 0;
    paths_dropped_ += next.what == Rotate::DropOldPath ? 1 : 0;
    EXPECT_NE(next.what, Rotate::NewAll) << next.why;
    keys_ = done(next, keys_, now_);
    // Never earlier than all have heard; up to a day late.
    next_ =
        next.what == Rotate::Keep ? std::min<base::Duration>(next.look, 10 * kDay) : kTimes.spread;
    next_ += base::seconds(static_cast<std::int64_t>(random_.below(86'400)));
  }
  /// As the webhooks have it: the leader has written what was due.
  Told told() const { return {keys_.authorities, path_in_use(keys_, now_, kTimes)}; }
  void hear() {
    if (random_.below(2) == 0) {
      heard_.at(random_.below(2)) = keys_;
    } else {
      trusting_.at(random_.below(2)) = told();
    }
  }
  void call() {
    for (const AdmissionKeys& replica : heard_) {
      for (const Told& server : trusting_) {
        EXPECT_THAT(replica.paths, testing::Contains(server.path));
        // The same two again: only the time is another.
        const auto [known, is_new] =
            calls_.try_emplace({server.authorities, replica.certificate}, crypto::Validity{});
        if (is_new) {
          EXPECT_TRUE(is_taken(server.authorities, replica.certificate, now_));
          known->second = crypto::read_certificate(replica.certificate)->validity;
        }
        EXPECT_TRUE(known->second.holds_at(now_));
      }
    }
  }

  base::Random random_;
  base::WallTime now_ = start();
  base::Duration next_{};
  AdmissionKeys keys_;
  std::vector<AdmissionKeys> heard_;  // by replicas
  std::vector<Told> trusting_;        // by API servers
  std::map<std::pair<std::string, std::string>, crypto::Validity> calls_;
  int authorities_made_ = 0, servers_made_ = 0, paths_dropped_ = 0;
};

TEST(RotationSim, InFourYearsNoCallFails) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(seed);
    FourYears(seed).run();
  }
}

}  // namespace
}  // namespace op
