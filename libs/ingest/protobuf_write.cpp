#include "ingest/protobuf_write.h"

#include <bit>

#include "ingest/protobuf_wire.h"

namespace ingest {

namespace {
std::uint64_t tag(std::uint32_t field, Wire::Type type) {
  return std::uint64_t{field} << 3U | static_cast<std::uint64_t>(type);
}
}  // namespace

void append_fixed64(std::string& out, std::uint64_t value) {
  for (unsigned at = 0; at < 64; at += 8) out.push_back(static_cast<char>(value >> at & 0xFFU));
}

void ProtobufWriter::number(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) out_.push_back(static_cast<char>(value | 0x80U));
  out_.push_back(static_cast<char>(value));
}

void ProtobufWriter::varint(std::uint32_t field, std::uint64_t value) {
  number(tag(field, Wire::Type::Varint));
  number(value);
}

void ProtobufWriter::fixed64(std::uint32_t field, std::uint64_t value) {
  number(tag(field, Wire::Type::Fixed64));
  append_fixed64(out_, value);
}

void ProtobufWriter::real(std::uint32_t field, double value) {
  fixed64(field, std::bit_cast<std::uint64_t>(value));
}

void ProtobufWriter::bytes(std::uint32_t field, std::string_view value) {
  number(tag(field, Wire::Type::Bytes));
  number(value.size());
  out_.append(value);
}

}  // namespace ingest
