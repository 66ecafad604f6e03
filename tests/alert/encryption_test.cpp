#include "alert/encryption.h"

#include <gtest/gtest.h>

namespace alert {
namespace {

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}

EncryptionOperation field(std::int64_t millis) {
  EncryptionOperation operation;
  operation.duration = base::millis(millis);
  return operation;
}

TEST(Encryption, HasTheTargetsOfTheRequirements) {
  EXPECT_EQ(encryption_target({}, EncryptionKind::Field, 1), base::millis(10));
  EXPECT_EQ(encryption_target({}, EncryptionKind::Bulk, 1000), base::millis(100));
  EXPECT_EQ(encryption_target({}, EncryptionKind::Bulk, 2500), base::millis(250));
  EXPECT_EQ(encryption_target({}, EncryptionKind::Decryption, 1), base::millis(5));
  EXPECT_EQ(encryption_target({}, EncryptionKind::KeyRotation, 1), base::seconds(30));
  EXPECT_FALSE(encryption_target({}, EncryptionKind::Bulk, 0));
  EXPECT_FALSE(encryption_target({}, EncryptionKind::Bulk, UINT64_MAX));
}

TEST(Encryption, IsAWarningAboveItsTargetAndCriticalAboveThreeTimes) {
  Encryption encryption;
  EXPECT_FALSE(encryption.add(field(10), at(0)));
  EXPECT_EQ(encryption.add(field(11), at(1)), (Notice{false, Severity::Warning}));
  EXPECT_FALSE(encryption.add(field(30), at(2))) << "a warning still, and told";
  EXPECT_EQ(encryption.add(field(31), at(3)), (Notice{false, Severity::Critical}));
  EXPECT_FALSE(encryption.add(field(1), at(4)));
  EXPECT_EQ(encryption.add(field(1), at(64)), (Notice{true, Severity::Critical}));
}

TEST(Encryption, OfABulkIsJudgedByItsRecords) {
  Encryption encryption;
  EncryptionOperation bulk;
  bulk.kind = EncryptionKind::Bulk;
  bulk.duration = base::millis(200);
  bulk.records = 2000;
  EXPECT_FALSE(encryption.add(bulk, at(0)));
  bulk.records = 1999;
  EXPECT_TRUE(encryption.add(bulk, at(1)));
  bulk.records = 0;
  EXPECT_FALSE(encryption.add(bulk, at(2)));
  EXPECT_EQ(encryption.figures(EncryptionKind::Bulk).durations_ms->count, 2u);
  EXPECT_EQ(encryption.figures(EncryptionKind::Bulk).percent_within, 50.0);
}

TEST(Encryption, IsGradedByTheShareWithinTarget) {
  const std::pair<double, char> cases[] = {{100, 'A'},  {95, 'A'}, {94.9, 'B'}, {85, 'B'},
                                           {84.9, 'C'}, {75, 'C'}, {74.9, 'D'}, {65, 'D'},
                                           {64.9, 'F'}, {0, 'F'}};
  for (const auto& [percent, grade] : cases)
    EXPECT_EQ(encryption_grade({}, percent), grade) << percent;
  EXPECT_FALSE(encryption_grade({}, std::nullopt));

  Encryption encryption;
  EXPECT_FALSE(encryption.grade());
  for (int i = 0; i < 8; ++i) encryption.add(field(5), at(i));
  for (int i = 0; i < 2; ++i) encryption.add(field(500), at(i + 10));
  EXPECT_EQ(encryption.figures(EncryptionKind::Field).percent_within, 80.0);
  EXPECT_EQ(encryption.figures(EncryptionKind::Field).grade, 'C');
  EncryptionOperation quick = field(1);
  quick.kind = EncryptionKind::Decryption;
  for (int i = 0; i < 10; ++i) encryption.add(quick, at(i + 20));
  EXPECT_EQ(encryption.grade(), 'B');
}

TEST(Encryption, ThroughputIsBytesByTheTimeTheyTook) {
  Encryption encryption;
  EncryptionOperation operation = field(10);
  EXPECT_FALSE(encryption.figures(EncryptionKind::Field).megabytes_per_second);
  operation.bytes = 1'000'000;
  encryption.add(operation, at(0));
  operation.bytes = 3'000'000;
  encryption.add(operation, at(1));
  operation.bytes = 0;
  operation.duration = base::seconds(5);
  encryption.add(operation, at(2));
  EXPECT_DOUBLE_EQ(*encryption.figures(EncryptionKind::Field).megabytes_per_second, 200);
}

TEST(Encryption, OverheadIsWhatItAddsToTheWorkWithoutIt) {
  Encryption encryption;
  EncryptionOperation operation = field(10);
  operation.whole = base::millis(110);
  encryption.add(operation, at(0));
  operation.whole = base::millis(60);
  encryption.add(operation, at(1));
  operation.whole = base::millis(9);  // shorter than its part: no measurement
  encryption.add(operation, at(2));
  EXPECT_NEAR(*encryption.figures(EncryptionKind::Field).overhead_percent, 100.0 * 20 / 150, 1e-9);
  EXPECT_FALSE(encryption.figures(EncryptionKind::Bulk).overhead_percent);
}

TEST(Encryption, OverheadOfAllKindsIsOverTheirSums) {
  Encryption encryption;
  EXPECT_FALSE(encryption.overhead_percent());
  EncryptionOperation operation = field(10);
  encryption.add(operation, at(0));
  EXPECT_FALSE(encryption.overhead_percent()) << "it is a part of nothing that is known";
  operation.whole = base::millis(110);
  encryption.add(operation, at(1));
  operation.kind = EncryptionKind::TlsHandshake;
  operation.whole = base::millis(60);
  encryption.add(operation, at(2));
  EXPECT_NEAR(*encryption.overhead_percent(), 100.0 * 20 / 150, 1e-9);
}

TEST(Encryption, TheSuitesOwnKindsHaveTheTargetOfAField) {
  for (const auto kind : {EncryptionKind::TlsHandshake, EncryptionKind::Signature}) {
    EXPECT_EQ(encryption_target({}, kind, 1), base::millis(10)) << name(kind);
  }
  EXPECT_STREQ(name(EncryptionKind::TlsHandshake), "tls_handshake");
  EXPECT_STREQ(name(EncryptionKind::Signature), "signature");
}

TEST(Encryption, IsJudgedByOtherTargetsFromWhenTheyAreSet) {
  Encryption encryption;
  encryption.add(field(8), at(0));
  EXPECT_EQ(encryption.grade(), 'A');
  EncryptionTargets targets;
  targets.field = base::millis(2);
  targets.bulk = base::millis(10);
  encryption.set(targets);
  EXPECT_EQ(encryption.grade(), 'A') << "what was is judged by the targets of its time";
  EXPECT_EQ(encryption.add(field(8), at(1)), (Notice{false, Severity::Critical}));
  EXPECT_EQ(encryption.grade(), 'F') << "half of them";
  targets.grades = {50, 40, 30, 20};
  encryption.set(targets);
  EXPECT_EQ(encryption.grade(), 'A');
  EXPECT_EQ(encryption_target(targets, EncryptionKind::Bulk, 3000), base::millis(30));
}

TEST(Encryption, OfADurationBelowNothingIsNoMeasurement) {
  Encryption encryption;
  EXPECT_FALSE(encryption.add(field(-1), at(0)));
  EXPECT_FALSE(encryption.figures(EncryptionKind::Field).durations_ms);
  EXPECT_EQ(encryption.figures(EncryptionKind::Field).phase, Phase::Unknown);
}

}  // namespace
}  // namespace alert
