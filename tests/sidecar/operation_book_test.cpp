#include "sidecar/operation_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}

TEST(OperationBook, IsEmptyBeforeTheFirst) {
  const OperationBook book;
  EXPECT_EQ(book.exposition(), "");
  EXPECT_TRUE(book.operations_node()["operations"].items().empty());
  EXPECT_FALSE(book.encryption_node().has("grade"));
}

TEST(OperationBook, TellsFiguresByKindAndName) {
  OperationBook book;
  book.add({"db.query", base::millis(100), true, "", 10}, at(1));
  book.add({"db.query", base::millis(300), false, "", 20}, at(2));
  const api::Node node = book.operations_node()["operations"].items().front();
  EXPECT_EQ(node["kind"].as_string(), "database_query");
  EXPECT_EQ(node["name"].as_string(), "db.query");
  EXPECT_EQ(node["count"].as_int(), 2);
  EXPECT_EQ(node["failed"].as_int(), 1);
  EXPECT_EQ(node["bytes"].as_int(), 30);
  EXPECT_EQ(node["meanMillis"].as_double(), 200);
  EXPECT_EQ(node["thresholdMillis"].as_double(), 200);
  EXPECT_EQ(node["alert"].as_string(), "firing") << "300 ms are more than 200";
  const std::string text = book.exposition();
  EXPECT_THAT(text, HasSubstr("muster_operations_total{kind=\"database_query\",operation="
                              "\"db.query\",success=\"false\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("muster_operation_seconds{kind=\"database_query\",operation="
                              "\"db.query\",stat=\"mean\"} 0.2\n"));
}

TEST(OperationBook, GradesEncryption) {
  OperationBook book;
  for (int i = 0; i < 20; ++i) {  // 80 % within 10 ms: C
    book.add({"encrypt", base::millis(i < 16 ? 10 : 11), true, "", 1'000'000}, at(i));
  }
  book.add({"encrypt.rows", base::millis(100), true, "bulk_encryption", 0, 1000}, at(30));
  const api::Node node = book.encryption_node();
  EXPECT_EQ(node["grade"].as_string(), "C") << "17 of 21";
  const api::Node& field = node["kinds"].items()[0];
  EXPECT_EQ(field["kind"].as_string(), "field");
  EXPECT_EQ(field["percentWithinTarget"].as_double(), 80);
  EXPECT_EQ(field["grade"].as_string(), "C");
  EXPECT_NEAR(field["megabytesPerSecond"].as_double(), 98, 0.1);
  EXPECT_EQ(node["kinds"].items()[1]["grade"].as_string(), "A") << "1,000 records in 100 ms";
  EXPECT_THAT(book.exposition(),
              HasSubstr("muster_encryption_within_target_ratio{kind=\"field\"} 0.8\n"));
}

TEST(OperationBook, TellsWhatEncryptionAddsToTheWork) {
  OperationBook book;
  ingest::Operation part{"encrypt", base::millis(2), true};
  book.add(part, at(1));
  EXPECT_FALSE(book.encryption_node().has("overheadPercent"));
  EXPECT_THAT(book.exposition(), testing::Not(HasSubstr("overhead")));
  part.whole = base::millis(10);
  book.add(part, at(2));
  const api::Node node = book.encryption_node();
  EXPECT_EQ(node["overheadPercent"].as_double(), 25);
  EXPECT_EQ(node["kinds"].items()[0]["overheadPercent"].as_double(), 25);
  EXPECT_THAT(book.exposition(),
              HasSubstr("muster_encryption_overhead_ratio{kind=\"field\"} 0.25\n"));
}

TEST(OperationBook, GradesTheSidecarsOwn) {
  OperationBook book;
  for (int i = 0; i < 4; ++i) {
    book.add_own({.kind = alert::EncryptionKind::TlsHandshake,
                  .duration = base::millis(i == 0 ? 40 : 1),
                  .bytes = 0,
                  .records = 1,
                  .whole = base::millis(41)},
                 at(i));
  }
  const api::Node node = book.encryption_node();
  EXPECT_EQ(node["grade"].as_string(), "C") << "three of four";
  EXPECT_EQ(node["kinds"].items()[0]["kind"].as_string(), "tls_handshake");
  EXPECT_EQ(node["kinds"].items()[0]["alert"].as_string(), "firing");
  EXPECT_THAT(book.exposition(), HasSubstr("{kind=\"tls_handshake\"} 0.75\n"))
      << "also while the application reports nothing";
  EXPECT_TRUE(book.operations_node()["operations"].items().empty());
}

}  // namespace
}  // namespace sidecar
