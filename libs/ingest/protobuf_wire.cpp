#include "ingest/protobuf_wire.h"

#include <bit>

namespace ingest {

namespace {
constexpr std::uint64_t kFieldMax = (1U << 29) - 1;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t at = bytes.size(); at > 0; --at) {
    value = (value << 8) | static_cast<unsigned char>(bytes[at - 1]);
  }
  return value;
}
}  // namespace

std::uint64_t fixed64_of(std::string_view bytes) {
  return little_endian(bytes.substr(0, 8));
}

bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned at = 0; at < 10; ++at) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (at == 9 && byte > 1) return false;  // beyond 64 bits
    value |= std::uint64_t{byte & 0x7fU} << (7 * at);
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

bool Wire::take_fixed(std::size_t bytes) {
  if (rest_.size() < bytes) return false;
  number_ = little_endian(rest_.substr(0, bytes));
  rest_.remove_prefix(bytes);
  return true;
}

bool Wire::take_value() {
  switch (type_) {
    case Type::Varint: return take_varint(number_);
    case Type::Fixed64: return take_fixed(8);
    case Type::Fixed32: return take_fixed(4);
    case Type::Bytes: {
      std::uint64_t size = 0;
      if (!take_varint(size) || size > rest_.size()) return false;
      bytes_ = rest_.substr(0, static_cast<std::size_t>(size));
      rest_.remove_prefix(bytes_.size());
      return true;
    }
  }
  return false;  // groups, which proto3 does not have
}

bool Wire::next() {
  if (rest_.empty() || broken_) return false;
  bytes_ = {};
  std::uint64_t tag = 0;
  broken_ = !take_varint(tag) || (tag >> 3) == 0 || (tag >> 3) > kFieldMax;
  if (broken_) return false;
  field_ = static_cast<std::uint32_t>(tag >> 3);
  type_ = static_cast<Type>(tag & 7U);
  broken_ = !take_value();
  return !broken_;
}

double Wire::as_double() const {
  return std::bit_cast<double>(number_);
}

}  // namespace ingest
