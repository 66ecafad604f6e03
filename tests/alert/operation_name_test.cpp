#include "alert/operation_name.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

TEST(OperationName, KeepsWordsAndTakesOutIds) {
  struct Case {
    const char* name;
    const char* label;
  };
  const Case cases[] = {
      {"orders.list", "orders.list"},
      {"orders.12345.get", "orders.{id}.get"},
      {"user-550e8400-e29b-41d4-a716-446655440000", "user-{id}"},
      {"report/2026-11-26", "report/{id}"},
      {"session_9f86d081884c7d65", "session_{id}"},
      {"http2 p95 sha256 v1", "http2_p95_sha256_v1"},
      {"cafe.face", "cafe.face"},
      {"caf\xc3\xa9", "caf__"},
      {"a\nb\"c", "a_b_c"},
      {"", "unnamed"},
      {"42", "{id}"},
      {"1.2.3", "{id}"},
  };
  for (const Case& test : cases) EXPECT_EQ(operation_label(test.name), test.label) << test.name;
}

TEST(OperationName, IsShortAndPlainWhateverIsSent) {
  base::Random random(12);
  for (int run = 0; run < 5000; ++run) {
    std::string name;
    const std::size_t length = random.below(600);
    for (std::size_t i = 0; i < length; ++i) name += static_cast<char>(random.below(256));
    const std::string label = operation_label(name);
    ASSERT_LE(label.size(), 64u);
    ASSERT_FALSE(label.empty());
    for (const char c : label) ASSERT_TRUE(c > ' ' && c < 127 && c != '"' && c != '\\');
  }
}

}  // namespace
}  // namespace alert
