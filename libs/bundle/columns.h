// Tables of numbers in few bytes (docs/evidence-format.md §4): column by column, each value as an
// unsigned LEB128, mostly as the zigzag difference to the row before, because neighbours of one
// column resemble each other and zlib then finds the rest. A reader of this format is ten lines in
// any language, which is why no better and more complicated packing was taken.
//
// All differences are modulo 2^64, so every value of 64 bits comes back as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bundle {

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1));
}

class ColumnWriter {
 public:
  explicit ColumnWriter(std::size_t rows) { put(rows); }
  void put(std::uint64_t value);
  /// The difference of two numbers, modulo 2^64.
  void put_difference(std::uint64_t value, std::uint64_t base) {
    put(zigzag(static_cast<std::int64_t>(value - base)));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what a ColumnWriter wrote. After the first error every value is 0 and ok() is false, so
/// that loops need not look at each.
class ColumnReader {
 public:
  /// `columns` is how many numbers a row has: more rows than the bytes can hold are refused before
  /// anyone makes room for them.
  ColumnReader(std::string_view bytes, std::size_t columns);
  std::size_t rows() const { return rows_; }
  std::uint64_t next() {
    if (at_ < end_ && static_cast<unsigned char>(*at_) < 0x80) {
      return static_cast<unsigned char>(*at_++);
    }
    return next_long();
  }
  std::uint64_t next_from(std::uint64_t base) {
    return base + static_cast<std::uint64_t>(unzigzag(next()));
  }
  /// Everything was read, to the last byte, and nothing was wrong.
  bool ended_well() const { return ok_ && at_ == end_; }

 private:
  std::uint64_t next_long();
  const char* at_;
  const char* end_;
  std::size_t rows_ = 0;
  bool ok_ = true;
};

}  // namespace bundle
