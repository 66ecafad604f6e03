// What another vantage measured arrives in the drill's evidence as it was measured.
#include "runner/vantage_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runner {
namespace {

using drill::StreamId;
using testing::ElementsAre;
using testing::HasSubstr;

base::TimePoint at(std::int64_t millis) {
  return base::TimePoint(base::millis(millis));
}

drill::Record record(std::uint16_t stream, std::uint64_t seq, std::uint16_t server) {
  drill::Record out;
  out.stream = StreamId(stream);
  out.seq = seq;
  out.outcome = drill::Outcome::Ok;
  out.server_id = server;
  out.scheduled = out.invoked = at(static_cast<std::int64_t>(seq));
  out.completed = out.invoked + base::millis(3);
  return out;
}

/// As an Instrument in the seat of vantage b leaves it.
drill::Evidence measured() {
  drill::Evidence out;
  out.drill_id = "d";
  out.servers = {"", "b@2", "a@1"};
  out.server_instances = {"", "b", "a"};
  drill::StreamInfo writes;
  writes.id = StreamId(1001);
  writes.name = "b/orders/W";
  writes.probe = "orders";
  writes.kind = drill::StreamKind::Ledger;
  writes.interval = base::millis(10);
  writes.deadline = base::millis(250);
  writes.decides = true;
  out.streams = {writes};
  out.records = {record(1001, 1, 2), record(1001, 2, 1), record(1001, 3, 0)};
  out.reference_outages = {{drill::ReferenceOutage::Kind::Hang, at(5), base::millis(300), {}}};
  out.stalls = {{at(7), at(9)}};
  out.anchors = {{at(1), base::WallTime(base::seconds(1'000'000))}};
  return out;
}

drill::Evidence runners() {
  drill::Evidence out;
  out.drill_id = "d";
  out.servers = {"", "a@1"};
  out.server_instances = {"", "a"};
  drill::StreamInfo writes = measured().streams.front();
  writes.id = StreamId(1);
  writes.name = "orders/W";
  out.streams = {writes};
  out.records = {record(1, 1, 1)};
  return out;
}

TEST(VantagePart, ArrivesAsItWasMeasured) {
  const auto part = unpack_part(pack_part(measured(), 1), "d", 1);
  ASSERT_TRUE(part.has_value()) << part.error().message;
  drill::Evidence all = runners();
  const std::vector<drill::ClockExchange> exchanges = {{at(1), at(2), at(3)}};
  join_part(all, *part, {"pod p on n2", "", exchanges});
  ASSERT_EQ(all.vantages.size(), 1U);
  const drill::Vantage& vantage = all.vantages.front();
  EXPECT_EQ(vantage.place, "pod p on n2");
  EXPECT_EQ(vantage.missing, "");
  EXPECT_EQ(vantage.exchanges, exchanges);
  EXPECT_EQ(vantage.reference_outages, measured().reference_outages);
  EXPECT_EQ(vantage.stalls, measured().stalls);
  EXPECT_EQ(vantage.anchors, measured().anchors);
  ASSERT_EQ(all.streams.size(), 2U);
  EXPECT_EQ(all.streams.back(), measured().streams.front());
  ASSERT_EQ(all.records.size(), 4U);
  EXPECT_EQ(all.records.back().completed, measured().records.back().completed);
}

TEST(VantagePart, ServersThatBothHaveCountedBecomeTheSame) {
  drill::Evidence all = runners();
  join_part(all, *unpack_part(pack_part(measured(), 1), "d", 1), {});
  EXPECT_THAT(all.servers, ElementsAre("", "a@1", "b@2"));
  EXPECT_THAT(all.server_instances, ElementsAre("", "a", "b"));
  std::vector<std::uint16_t> of;
  for (const drill::Record& each : all.records) of.push_back(each.server_id);
  EXPECT_THAT(of, ElementsAre(1, 1, 2, 0));
}

TEST(VantagePart, OneWithoutRecordsSaysWhy) {
  drill::Evidence all = runners();
  join_part(all, {}, {"pod p on n2", "it failed", {{at(1), at(2), at(3)}}});
  ASSERT_EQ(all.vantages.size(), 1U);
  EXPECT_EQ(all.vantages.front().missing, "it failed");
  EXPECT_EQ(all.vantages.front().exchanges.size(), 1U);
  EXPECT_EQ(all.streams.size(), 1U);
  EXPECT_EQ(all.records.size(), 1U);
}

TEST(VantagePart, WhatIsNotOfThisDrillAndVantageIsRefused) {
  const auto refused = [](auto change) {
    drill::Evidence part = measured();
    change(part);
    const auto read = unpack_part(pack_part(std::move(part), 1), "d", 1);
    EXPECT_FALSE(read.has_value());
    return read ? "" : read.error().message;
  };
  EXPECT_THAT(refused([](auto& part) { part.drill_id = "e"; }), HasSubstr("of drill 'e'"));
  // The runner's own streams are not its to speak of.
  EXPECT_THAT(refused([](auto& part) {
                part.streams.front().id = StreamId(1);
                for (auto& each : part.records) each.stream = StreamId(1);
              }),
              HasSubstr("not its own"));
  EXPECT_THAT(refused([](auto& part) { part.streams.front().name = "orders/W"; }),
              HasSubstr("not its own"));
  EXPECT_THAT(refused([](auto& part) { part.streams.push_back(part.streams.front()); }),
              HasSubstr("cannot be used"));
  EXPECT_THAT(refused([](auto& part) { part.records.front().server_id = 3; }),
              HasSubstr("unknown stream or server"));
  EXPECT_THAT(refused([](auto& part) { part.servers.clear(); }), HasSubstr("not named"));
  EXPECT_FALSE(unpack_part(pack_part(measured(), 1), "d", 2).has_value());
  std::string changed = pack_part(measured(), 1);
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
  EXPECT_FALSE(unpack_part(changed, "d", 1).has_value());
}

TEST(VantagePart, ItsExtentIsSaidForPeople) {
  drill::Evidence some = measured();
  some.records.back().completed = base::kNever;  // still under way: it counts from when it was due
  some.records.back().scheduled = at(2'001);
  EXPECT_EQ(extent_of(some), "3 operations within " + base::human(base::seconds(2)) +
                                 ", until 1970-01-12T13:46:42.000Z");
  some.anchors.clear();
  EXPECT_EQ(extent_of(some), "3 operations within " + base::human(base::seconds(2)));
  some.records.clear();
  EXPECT_EQ(extent_of(some), "nothing");
}

}  // namespace
}  // namespace runner
