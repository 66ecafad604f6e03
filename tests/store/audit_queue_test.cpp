// The audit log that is written by a thread of its own: nobody waits for it, and what is lost is
// owned up to.
#include "store/audit_queue.h"

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

AuditEntry entry(const std::string& event) {
  AuditEntry out;
  out.at = base::WallTime(base::seconds(1'795'000'000));
  out.event = event;
  out.subject = "it";
  return out;
}

/// Writes when it is let, and keeps what it wrote. Used by the queue's thread, and by the test when
/// the queue is gone.
struct Sink {
  std::promise<void> begun, let;
  std::shared_future<void> may{let.get_future()};
  std::vector<AuditEntry> wrote;
  int failures = 0;
  base::Duration took{};
  bool first = true;

  AuditQueue::Append append() {
    return [this](AuditEntry next) -> base::Result<base::Duration> {
      if (std::exchange(first, false)) begun.set_value();
      may.wait();
      if (failures-- > 0) return base::fail(base::Code::ResourceExhausted, "the disk is full");
      wrote.push_back(std::move(next));
      return took;
    };
  }
  std::vector<std::string> events() const {
    std::vector<std::string> out;
    for (const AuditEntry& each : wrote) out.push_back(each.event);
    return out;
  }
};

TEST(AuditQueue, WritesInOrderWhatItIsToldAndAllOfItBeforeItEnds) {
  Sink sink;
  sink.let.set_value();
  {
    AuditQueue queue(sink.append());
    for (const char* event : {"A", "B", "C"}) EXPECT_TRUE(queue.tell(entry(event)));
  }
  EXPECT_THAT(sink.events(), ElementsAre("A", "B", "C"));
}

TEST(AuditQueue, NobodyWaitsForAWriteAndWhatFindsNoRoomIsOwnedUpTo) {
  Sink sink;
  {
    AuditQueue queue(sink.append());
    EXPECT_TRUE(queue.tell(entry("Held")));
    sink.begun.get_future().wait();  // it is being written, and that takes as long as we like
    for (std::size_t i = 0; i < AuditQueue::kWaitingMax; ++i) {
      EXPECT_TRUE(queue.tell(entry("Waits")));
    }
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(queue.tell(entry("TooMuch")));
    EXPECT_EQ(queue.figures().lost, 5U);
    EXPECT_EQ(queue.figures().waiting, AuditQueue::kWaitingMax);
    sink.let.set_value();
  }
  ASSERT_EQ(sink.wrote.size(), AuditQueue::kWaitingMax + 2);
  EXPECT_EQ(sink.wrote[0].event, "Held");
  EXPECT_EQ(sink.wrote[1].event, "EntriesLost");
  EXPECT_EQ(sink.wrote[1].subject, "5");
  EXPECT_EQ(sink.wrote[2].event, "Waits");
}

TEST(AuditQueue, WhatCannotBeWrittenIsCountedOnceAndOwnedUpToWhenItCanAgain) {
  Sink sink;
  sink.failures = 3;  // A; then the entry that owns up to it, and B
  {
    AuditQueue queue(sink.append());
    EXPECT_TRUE(queue.tell(entry("A")));
    EXPECT_TRUE(queue.tell(entry("B")));
    EXPECT_TRUE(queue.tell(entry("C")));
    sink.let.set_value();
  }
  EXPECT_THAT(sink.events(), ElementsAre("EntriesLost", "C"));
  EXPECT_EQ(sink.wrote[0].subject, "2");
  EXPECT_EQ(sink.wrote[0].text, "the disk is full");
}

TEST(AuditQueue, WhatIsLostLastIsOwnedUpToAtTheEnd) {
  Sink sink;
  sink.failures = 1;
  sink.let.set_value();
  {
    AuditQueue queue(sink.append());
    EXPECT_TRUE(queue.tell(entry("A")));
  }
  EXPECT_THAT(sink.events(), ElementsAre("EntriesLost"));
}

TEST(AuditQueue, WhatWaitsWhenTheTimeIsOverIsLostAndOwnedUpTo) {
  Sink sink;
  std::promise<void> never;
  std::thread late;
  {
    AuditQueue queue(sink.append());
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.tell(entry("Waits")));
    sink.begun.get_future().wait();
    late = std::thread([&sink, &never] {
      never.get_future().wait_for(std::chrono::milliseconds(2500));  // more than the queue has
      sink.let.set_value();
    });
  }
  late.join();
  EXPECT_THAT(sink.events(), ElementsAre("Waits", "EntriesLost"));
  EXPECT_EQ(sink.wrote.back().subject, "4");
  EXPECT_THAT(sink.wrote.back().text, HasSubstr("the end came"));
}

TEST(AuditQueue, TellsHowLongWritesTookAndWhichWereSlow) {
  Sink sink;
  sink.let.set_value();
  const auto figures_after = [&](base::Duration took) {
    sink.first = false;
    sink.took = took;
    AuditQueue queue(sink.append());
    queue.tell(entry("A"));
    AuditFigures out;
    while (out.written + out.lost == 0) {
      std::this_thread::yield();
      out = queue.figures();
    }
    return out;
  };
  const AuditFigures fast = figures_after(base::millis(100));
  EXPECT_EQ(fast.slow, 0U);
  EXPECT_EQ(fast.buckets[6], 1U);  // 100 ms is within the bound of 100 ms
  const AuditFigures slow = figures_after(base::millis(101));
  EXPECT_EQ(slow.slow, 1U);
  EXPECT_EQ(slow.buckets[7], 1U);
  EXPECT_EQ(slow.slowest, base::millis(101));
  EXPECT_EQ(figures_after(base::seconds(3)).buckets.back(), 1U);
}

TEST(AuditQueue, AFileIsAnAuditLogLikeAnyOther) {
  std::string pattern = testing::TempDir() + "muster-audit-queue-XXXXXX";
  const std::string folder = mkdtemp(pattern.data());
  const std::string path = folder + "/audit.log";
  {
    auto queue = AuditQueue::open(path);
    ASSERT_TRUE(queue) << queue.error().message;
    for (const char* event : {"A", "B"}) EXPECT_TRUE((*queue)->tell(entry(event)));
  }
  std::ostringstream bytes;
  bytes << std::ifstream(path).rdbuf();
  const AuditTrailRead read = read_audit(bytes.str());
  EXPECT_EQ(read.damage, "");
  ASSERT_EQ(read.entries.size(), 2U);
  EXPECT_EQ(read.entries[1].event, "B");
  const auto missing = AuditQueue::open(folder + "/none/audit.log");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("/none/audit.log"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace store
