#include "bundle/columns.h"

namespace bundle {

void ColumnWriter::put(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
    value >>= 7U;
  }
  out_.push_back(static_cast<char>(value));
}

ColumnReader::ColumnReader(std::string_view bytes, std::size_t columns)
    : at_(bytes.data()), end_(bytes.data() + bytes.size()) {
  const std::uint64_t rows = next();
  const auto left = static_cast<std::uint64_t>(end_ - at_);
  if (ok_ && rows <= left / columns) {
    rows_ = static_cast<std::size_t>(rows);
  } else {
    ok_ = false;
    at_ = end_;
  }
}

std::uint64_t ColumnReader::next_long() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; at_ < end_ && shift < 70; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    // The tenth byte holds the one bit that is left.
    if (shift == 63 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  ok_ = false;
  at_ = end_;
  return 0;
}

}  // namespace bundle
