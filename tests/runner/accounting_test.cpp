// What a drill needs before it begins and leaves when it ends: the key, the log, the bundle.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/evidence_file.h"

namespace runner {
namespace {

using testing::HasSubstr;

std::string contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

class AccountingTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "muster-accounting-XXXXXX";
    root_ = mkdtemp(pattern.data());
    state_.emplace(*StateDir::open(root_));
    dir_ = *state_->create_drill("plan", base::WallTime(base::seconds(1'000'000)), 1);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string key_path() const { return root_ + "/keys/evidence.key"; }
  static unsigned mode_of(const std::string& path) {
    struct stat found{};
    return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
  }

  std::string root_;
  std::optional<StateDir> state_;
  DrillDir dir_;
  aio::SystemClock clock_;
};

TEST_F(AccountingTest, TheFirstNeedMakesTheKeyAndAllOthersUseIt) {
  const auto first = own_key(*state_);
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_TRUE(first->made);
  EXPECT_EQ(mode_of(key_path()), 0600U);
  EXPECT_EQ(mode_of(root_ + "/keys"), 0700U);
  const auto second = own_key(*state_);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->made);
  EXPECT_EQ(second->key.public_key(), first->key.public_key());
  const auto trust = trusted_here(*state_);
  ASSERT_TRUE(trust.has_value());
  EXPECT_TRUE(bundle::trusted_as(*trust, first->key.public_key()).has_value());
}

TEST_F(AccountingTest, ThePublicLineFollowsThePrivateKey) {
  const auto old = own_key(*state_);
  ASSERT_TRUE(old.has_value());
  std::filesystem::remove(key_path());
  const auto fresh = own_key(*state_);
  ASSERT_TRUE(fresh.has_value()) << fresh.error().message;
  EXPECT_TRUE(fresh->made);
  const auto trust = trusted_here(*state_);
  ASSERT_TRUE(trust.has_value());
  EXPECT_TRUE(bundle::trusted_as(*trust, fresh->key.public_key()).has_value());
  EXPECT_FALSE(bundle::trusted_as(*trust, old->key.public_key()).has_value());
  const auto aside = trust_file(root_ + "/keys/evidence.pub.old");
  ASSERT_TRUE(aside.has_value());
  EXPECT_TRUE(bundle::trusted_as(*aside, old->key.public_key()).has_value());
}

TEST_F(AccountingTest, AKeyThatOthersMayUseIsRefused) {
  ASSERT_TRUE(own_key(*state_).has_value());
  for (const unsigned mode : {0640U, 0604U, 0620U, 0610U}) {
    ASSERT_EQ(chmod(key_path().c_str(), mode), 0);
    const auto key = own_key(*state_);
    ASSERT_FALSE(key.has_value()) << mode;
    EXPECT_EQ(key.error().code, base::Code::PermissionDenied);
    EXPECT_THAT(key.error().message, HasSubstr("chmod 0600"));
  }
  ASSERT_EQ(chmod(key_path().c_str(), 0600), 0);
  EXPECT_TRUE(own_key(*state_).has_value());
}

TEST_F(AccountingTest, ALinkOrRubbishInPlaceOfTheKeyIsRefused) {
  ASSERT_TRUE(own_key(*state_).has_value());
  std::filesystem::rename(key_path(), root_ + "/elsewhere");
  std::filesystem::create_symlink(root_ + "/elsewhere", key_path());
  EXPECT_FALSE(own_key(*state_).has_value());
  std::filesystem::remove(key_path());
  std::ofstream(key_path()) << "rubbish";
  ASSERT_EQ(chmod(key_path().c_str(), 0600), 0);
  const auto key = own_key(*state_);
  ASSERT_FALSE(key.has_value());
  EXPECT_THAT(key.error().message, HasSubstr("evidence.key"));
}

TEST_F(AccountingTest, ADrillThatCannotBeAccountedForDoesNotBegin) {
  std::filesystem::create_directory(root_ + "/audit.log");
  EXPECT_FALSE(begin_accounting(*state_, dir_, clock_, "plan", requester_here(), {}).has_value());
}

TEST_F(AccountingTest, TheLogHasTheRequestTheStoryAndTheEnd) {
  std::size_t measured = 0;
  {
    auto accounting = begin_accounting(*state_, dir_, clock_, "plan", requester_here(),
                                       [&measured](base::Duration) { ++measured; });
    ASSERT_TRUE(accounting.has_value()) << accounting.error().message;
    accounting->audit->tell({{}, drill::TimelineEvent::Kind::FaultBegun, "primary-dies", "KILL"});
    const api::RecoveryPlan plan;
    drill::Report report;
    report.verdict = drill::Verdict::Missed;
    report.reasons = {"RTO: too long"};
    EXPECT_THAT(conclude_accounting(*accounting, dir_, plan, report, {}), testing::IsEmpty());
  }
  const auto log = store::read_audit(contents(state_->audit_log()));
  EXPECT_EQ(log.damage, "");
  std::vector<std::string> events;
  for (const store::AuditEntry& entry : log.entries) {
    events.push_back(entry.event);
    EXPECT_EQ(entry.drill, dir_.id());
    EXPECT_EQ(entry.uid, getuid());
    EXPECT_NE(entry.host, "");
  }
  EXPECT_THAT(events, testing::UnorderedElementsAre("KeyMade", "DrillRequested", "FaultBegun",
                                                    "DrillEnded"));
  EXPECT_THAT(log.entries.back().text, HasSubstr("Missed: RTO: too long"));
  EXPECT_EQ(measured, 4U);

  const auto bundle = bundle::read(contents(dir_.bundle()));
  ASSERT_TRUE(bundle.has_value()) << bundle.error().message;
  ASSERT_TRUE(bundle->about.audit.has_value());
  EXPECT_EQ(bundle->about.audit->entries, log.entries.size());
  EXPECT_EQ(bundle->about.audit->digest, log.head);
  EXPECT_THAT(bundle->about.requested_by.command, HasSubstr("test_runner"));
}

TEST_F(AccountingTest, AReportOfAnEarlierVersionIsStillThatOfItsBundle) {
  auto accounting = begin_accounting(*state_, dir_, clock_, "plan", requester_here(), {});
  ASSERT_TRUE(accounting.has_value());
  drill::Report report;
  report.verdict = drill::Verdict::Missed;
  report.reasons = {"RTO: too long"};
  EXPECT_THAT(conclude_accounting(*accounting, dir_, api::RecoveryPlan{}, report, {}),
              testing::IsEmpty());
  auto bundle = bundle::read(contents(dir_.bundle()));
  ASSERT_TRUE(bundle.has_value());
  std::string& text = bundle->documents.report_json;
  const std::string now = fmt::format("\"version\": {}", drill::Report{}.version);
  ASSERT_NE(text.find(now), std::string::npos) << text.substr(0, 200);
  text.replace(text.find(now), now.size(), "\"version\": 3");
  std::ofstream(dir_.report_json()) << text;
  EXPECT_EQ(is_report_of(dir_, *bundle).value_or(false), true);
  text.replace(text.find("too long"), 8, "too late");
  EXPECT_EQ(is_report_of(dir_, *bundle).value_or(true), false);
}

TEST_F(AccountingTest, WhatTheDiskDoesNotTakeIsSaidOncePerEntry) {
  std::size_t measured = 0;
  auto trail = AuditTrail::open(state_->audit_log(), clock_, {.drill = "d"},
                                [&](base::Duration) { ++measured; });
  ASSERT_TRUE(trail.has_value());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  (*trail)->tell("A", "", "");
  EXPECT_FALSE((*trail)->request("B", "", "").has_value());
  (*trail)->flush();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old);
  EXPECT_EQ(measured, 0U);
  EXPECT_THAT((*trail)->problems(),
              testing::ElementsAre(HasSubstr("2 entries are missing in the audit log")));
}

TEST_F(AccountingTest, AFullDiskLeavesNoHalfBundleAndIsSaid) {
  auto accounting = begin_accounting(*state_, dir_, clock_, "plan", requester_here(), {});
  ASSERT_TRUE(accounting.has_value());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 600;
  accounting->audit->flush();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto saved = save_evidence(dir_, {api::RecoveryPlan{}, {}, {}}, drill::Report{},
                                   drill::Evidence{}, accounting->key.key);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old);
  EXPECT_FALSE(saved.has_value());
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path)) << "neither the bundle nor a part of it";
}

}  // namespace
}  // namespace runner
