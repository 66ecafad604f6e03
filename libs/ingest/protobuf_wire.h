// Reads protobuf's wire format, field by field, without a schema and without copying. Of OTLP's
// some forty messages nine are needed here, and of those a few fields each: a reader of a page does
// it, skips what is unknown by itself, and cannot be made to allocate. Debian's libprotobuf would
// add three megabytes and its generated code to a sidecar that is to fit in eight. Source:
// protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingest {

/// The number at the beginning, which is taken off. False: it is cut off, or beyond 64 bits.
bool take_varint(std::string_view& bytes, std::uint64_t& value);

class Wire {
 public:
  enum class Type : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

  explicit Wire(std::string_view message) : rest_(message) {}

  /// Goes to the next field; false at the end, and where the message is broken.
  bool next();
  bool broken() const { return broken_; }

  /// A field of another type than it should have is an unknown field.
  bool is(std::uint32_t field, Type type) const { return field_ == field && type_ == type; }
  std::uint64_t number() const { return number_; }
  std::int64_t as_signed() const { return static_cast<std::int64_t>(number_); }
  double as_double() const;
  std::string_view bytes() const { return bytes_; }

 private:
  bool take_varint(std::uint64_t& value) { return ingest::take_varint(rest_, value); }
  bool take_fixed(std::size_t bytes);
  bool take_value();

  std::string_view rest_;
  std::string_view bytes_;
  std::uint64_t number_ = 0;
  std::uint32_t field_ = 0;
  Type type_ = Type::Varint;
  bool broken_ = false;
};

/// The first eight bytes as a number. `bytes` has eight at least.
std::uint64_t fixed64_of(std::string_view bytes);
/// What sint32 and sint64 write as `number`.
constexpr std::int64_t zigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1U) ^ -static_cast<std::int64_t>(number & 1U);
}

/// Calls each(bytes) for every message in a field; false as soon as one says so or this is broken.
template <class Each>
bool each_message(std::string_view message, std::uint32_t field, Each&& each) {
  Wire wire(message);
  while (wire.next()) {
    if (wire.is(field, Wire::Type::Bytes) && !each(wire.bytes())) return false;
  }
  return !wire.broken();
}

}  // namespace ingest
