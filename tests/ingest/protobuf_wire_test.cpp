#include "ingest/protobuf_wire.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingest {
namespace {

std::string bytes_of(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

// Examples of the format's own description: field 1 with 150; field 2 with "testing".
TEST(Wire, ReadsTheExamplesOfTheFormat) {
  const std::string number = bytes_of({0x08, 0x96, 0x01});
  Wire first(number);
  ASSERT_TRUE(first.next());
  EXPECT_TRUE(first.is(1, Wire::Type::Varint));
  EXPECT_EQ(first.number(), 150u);
  EXPECT_FALSE(first.next());
  EXPECT_FALSE(first.broken());
  const std::string text = bytes_of({0x12, 0x07}) + "testing";
  Wire second(text);
  ASSERT_TRUE(second.next());
  EXPECT_TRUE(second.is(2, Wire::Type::Bytes));
  EXPECT_FALSE(second.is(2, Wire::Type::Varint));
  EXPECT_EQ(second.bytes(), "testing");
}

TEST(Wire, ReadsFixedNumbersAndNegativeOnes) {
  const std::string message =
      bytes_of({0x09, 0,    0,    0,    0,    0,    0,    0xf0, 0x3f,  // 1.0
                0x15, 1,    2,    0,    0,                             // 513
                0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
  Wire wire(message);
  ASSERT_TRUE(wire.next());
  EXPECT_EQ(wire.as_double(), 1.0);
  ASSERT_TRUE(wire.next());
  EXPECT_TRUE(wire.is(2, Wire::Type::Fixed32));
  EXPECT_EQ(wire.number(), 513u);
  ASSERT_TRUE(wire.next());
  EXPECT_EQ(wire.as_signed(), -1);
  EXPECT_FALSE(wire.next());
  EXPECT_FALSE(wire.broken());
}

TEST(Wire, WhatIsCutOffOrImpossibleIsBroken) {
  const std::vector<std::pair<const char*, std::string>> cases = {
      {"no value", bytes_of({0x08})},
      {"a number without end", bytes_of({0x08, 0x80})},
      {"a number of more than 64 bits",
       bytes_of({0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})},
      {"a number of eleven bytes",
       bytes_of({0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0})},
      {"shorter than it says", bytes_of({0x12, 0x02, 'a'})},
      {"longer than all memory",
       bytes_of({0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})},
      {"half a fixed number", bytes_of({0x09, 0, 0, 0, 0})},
      {"field 0", bytes_of({0x02, 0x00})},
      {"a group", bytes_of({0x0b})},
      {"a type that is none", bytes_of({0x0f})},
  };
  for (const auto& [name, message] : cases) {
    Wire wire(message);
    EXPECT_FALSE(wire.next()) << name;
    EXPECT_TRUE(wire.broken()) << name;
    EXPECT_FALSE(wire.next()) << name;
    EXPECT_FALSE(each_message(message, 2, [](std::string_view) { return true; })) << name;
  }
}

}  // namespace
}  // namespace ingest
