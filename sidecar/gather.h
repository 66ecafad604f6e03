// The pieces of one gathered write. The pieces stay where they are: what could not be written at
// once is remembered as the pieces that are left.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include <boost/asio/buffer.hpp>

#include "http1/forward.h"

namespace sidecar {

class Gather {
 public:
  static constexpr std::size_t kMax = http1::kPiecesMax + 6;
  using value_type = boost::asio::const_buffer;
  using const_iterator = const value_type*;

  void clear() { begin_ = end_ = bytes_ = 0; }
  void add(std::string_view piece) {
    if (piece.empty()) return;
    at_[end_++] = value_type(piece.data(), piece.size());
    bytes_ += piece.size();
  }
  void add(const http1::Pieces& pieces) {
    for (std::size_t i = 0; i < pieces.count; ++i) add(pieces.at[i]);
  }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }
  std::size_t count() const { return end_ - begin_; }
  const_iterator begin() const { return at_.data() + begin_; }
  const_iterator end() const { return at_.data() + end_; }

  /// As many of the first bytes as `room` takes, in one piece: where they lie if they are one, else
  /// copied into `room`. The same each time, until advance().
  std::string_view front(std::span<char> room) const {
    const value_type& first = at_[begin_];
    if (first.size() >= room.size() || count() == 1) {
      return {static_cast<const char*>(first.data()), std::min(first.size(), room.size())};
    }
    std::size_t filled = 0;
    for (const value_type& piece : *this) {
      const std::size_t part = std::min(piece.size(), room.size() - filled);
      std::memcpy(room.data() + filled, piece.data(), part);
      filled += part;
    }
    return {room.data(), filled};
  }

  /// The first `count` bytes are written.
  void advance(std::size_t count) {
    bytes_ -= count;
    while (count > 0) {
      value_type& first = at_[begin_];
      const std::size_t part = std::min(count, first.size());
      first += part;
      count -= part;
      if (first.size() == 0) ++begin_;
    }
  }

 private:
  std::array<value_type, kMax> at_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t bytes_ = 0;
};

/// What a socket is handed: pointers instead of a copy of the pieces.
struct GatherView {
  using value_type = Gather::value_type;
  using const_iterator = Gather::const_iterator;
  const_iterator first, last;
  explicit GatherView(const Gather& gather) : first(gather.begin()), last(gather.end()) {}
  const_iterator begin() const { return first; }
  const_iterator end() const { return last; }
};

}  // namespace sidecar
