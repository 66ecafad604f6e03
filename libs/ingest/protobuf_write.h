// Writes protobuf's wire format, a field at a time: the other side of protobuf_wire.h, for the few
// messages that are answered or sent. Source: protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingest {

class ProtobufWriter {
 public:
  void varint(std::uint32_t field, std::uint64_t value);
  void fixed64(std::uint32_t field, std::uint64_t value);
  void real(std::uint32_t field, double value);
  /// A text, bytes, a message, or packed numbers.
  void bytes(std::uint32_t field, std::string_view value);
  void message(std::uint32_t field, const ProtobufWriter& value) { bytes(field, value.out_); }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void number(std::uint64_t value);
  std::string out_;
};

/// The eight bytes of a number, for packed fields.
void append_fixed64(std::string& out, std::uint64_t value);

}  // namespace ingest
