#include "ingest/protobuf_write.h"

#include <bit>

#include <gtest/gtest.h>

#include "ingest/protobuf_wire.h"

namespace ingest {
namespace {

TEST(ProtobufWriter, WritesWhatTheReaderReads) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                     std::uint64_t{300}, ~std::uint64_t{0}}) {
    ProtobufWriter inner;
    inner.varint(1, number);
    ProtobufWriter outer;
    outer.fixed64(2, number);
    outer.real(16, -0.25);
    outer.message(2000, inner);
    outer.bytes(3, "text");
    Wire wire(outer.text());
    ASSERT_TRUE(wire.next() && wire.is(2, Wire::Type::Fixed64));
    EXPECT_EQ(wire.number(), number);
    ASSERT_TRUE(wire.next() && wire.is(16, Wire::Type::Fixed64));
    EXPECT_EQ(wire.as_double(), -0.25);
    ASSERT_TRUE(wire.next() && wire.is(2000, Wire::Type::Bytes));
    Wire within(wire.bytes());
    ASSERT_TRUE(within.next() && within.is(1, Wire::Type::Varint));
    EXPECT_EQ(within.number(), number);
    ASSERT_TRUE(wire.next() && wire.is(3, Wire::Type::Bytes));
    EXPECT_EQ(wire.bytes(), "text");
    EXPECT_FALSE(wire.next() || wire.broken());
  }
}

TEST(ProtobufWriter, HasTheBytesOfTheGuide) {
  ProtobufWriter out;
  out.varint(1, 150);
  EXPECT_EQ(out.text(), "\x08\x96\x01");
}

}  // namespace
}  // namespace ingest
