#include "sidecar/buffer.h"

#include <cstring>

#include <gtest/gtest.h>

namespace sidecar {
namespace {

void put(Buffer& buffer, std::string_view text) {
  ASSERT_LE(text.size(), buffer.room().size());
  std::memcpy(buffer.room().data(), text.data(), text.size());
  buffer.fill(text.size());
}

TEST(BlockPool, HandsOutTheWarmestBlockAndKeepsNoMoreThanItMay) {
  BlockPool pool(5000, 2);
  EXPECT_EQ(pool.block_bytes(), 8192U);  // whole pages
  char* first = pool.take();
  char* second = pool.take();
  char* third = pool.take();
  EXPECT_EQ(pool.out(), 3U);
  pool.give(first);
  pool.give(second);
  pool.give(third);  // goes back to the system
  EXPECT_EQ(pool.out(), 0U);
  EXPECT_EQ(pool.take(), second);
  EXPECT_EQ(pool.take(), first);
  pool.give(first);
  pool.give(second);
}

TEST(Buffer, HoldsABlockOnlyWhileItIsAsked) {
  BlockPool pool(4096, 4);
  Buffer buffer(pool);
  EXPECT_FALSE(buffer.held());
  EXPECT_TRUE(buffer.empty());
  buffer.hold();
  put(buffer, "abc");
  EXPECT_EQ(pool.out(), 1U);
  buffer.release();
  EXPECT_EQ(pool.out(), 0U);
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, MakesRoomWithoutMovingWhatIsPinned) {
  BlockPool pool(4096, 4);
  Buffer buffer(pool);
  buffer.hold();
  put(buffer, "HEADbody1body2");
  const char* head = buffer.data();
  buffer.consume(4);
  buffer.pin();
  buffer.consume(5);
  buffer.compact();
  EXPECT_EQ(buffer.unread(), "body2");
  EXPECT_EQ(std::string_view(head, 9), "HEADbody2");
  EXPECT_EQ(buffer.room().size(), 4096U - 9);
  buffer.unpin();
  buffer.compact();
  EXPECT_EQ(buffer.unread(), "body2");
  EXPECT_EQ(buffer.data(), head);
  EXPECT_EQ(buffer.room().size(), 4096U - 5);
}

}  // namespace
}  // namespace sidecar
