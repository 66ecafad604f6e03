#include "sidecar/bot_notes.h"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::Pair;

BotNote note_of(std::uint64_t client) {
  BotNote out;
  out.client = client;
  out.signs.add(limit::Sign::BotAgent);
  return out;
}

base::TimePoint after(std::int64_t seconds) {
  return base::TimePoint(base::seconds(1000 + seconds));
}

TEST(SidecarBotNotes, SayWhoByHashesAndWhichSigns) {
  BotNote note{0xAB, {0x1F}, 0xC0FFEE, {}};
  note.signs.add(limit::Sign::SequentialPages);
  note.signs.add(limit::Sign::EmptyAgent);
  EXPECT_THAT(fields_of(note), ElementsAre(Pair("signs", "empty_agent, sequential_pages"),
                                           Pair("client", "00000000000000ab"),
                                           Pair("fingerprint", "000000000000001f"),
                                           Pair("headerOrder", "0000000000c0ffee")));
}

TEST(SidecarBotNotes, WaitInTheirOrderAndNoMoreThanMay) {
  BotNotes notes;
  EXPECT_EQ(notes.take(), std::nullopt);
  for (std::uint64_t i = 0; i < BotNotes::kWaitingMax; ++i) {
    EXPECT_FALSE(notes.full());
    EXPECT_TRUE(notes.add(note_of(i)));
  }
  EXPECT_TRUE(notes.full());
  EXPECT_FALSE(notes.add(note_of(99)));
  EXPECT_EQ(notes.take(), note_of(0));
  EXPECT_FALSE(notes.full());
  EXPECT_TRUE(notes.add(note_of(99)));
  for (std::uint64_t i = 1; i < BotNotes::kWaitingMax; ++i) EXPECT_EQ(notes.take(), note_of(i));
  EXPECT_EQ(notes.take(), note_of(99));
  EXPECT_TRUE(notes.empty());
}

TEST(SidecarBotNotes, AreWrittenAtABoundedRateAndNoneIsLost) {
  std::vector<std::uint64_t> written;
  BotLog log([&](const BotNote& note) { written.push_back(note.client); });
  BotNotes notes;
  log.tell(notes, after(0));
  for (std::uint64_t i = 0; i < 30; ++i) notes.add(note_of(i));
  log.tell(notes, after(1));
  EXPECT_EQ(written.size(), 20U);
  log.tell(notes, after(2));
  EXPECT_EQ(written.size(), 20U);
  log.tell(notes, after(11));
  EXPECT_EQ(written.size(), 21U);
  log.tell(notes, after(101));
  EXPECT_EQ(written.size(), 30U);
  EXPECT_EQ(written.back(), 29U);
  // While nothing waits what may be written is kept.
  for (int second = 101; second < 400; ++second) log.tell(notes, after(second));
  for (std::uint64_t i = 0; i < 30; ++i) notes.add(note_of(i));
  log.tell(notes, after(400));
  EXPECT_EQ(written.size(), 50U);
}

}  // namespace
}  // namespace sidecar
