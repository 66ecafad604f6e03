// A path in segments, without allocation: what rules and templates of endpoints look at. Empty
// segments fall out ("/a//b/" is "/a/b"), and so does what follows '?' or '#'.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace traffic {

inline constexpr std::size_t kSegmentsMost = 16;

class Segments {
 public:
  /// Lifetime: the views are of the path. A path that does not begin with '/' has no segments, and
  /// is no path().
  explicit Segments(std::string_view path);

  bool path() const { return path_; }
  /// The first sixteen.
  std::span<const std::string_view> parts() const { return std::span(parts_).first(count_); }
  /// Whether there are more than sixteen.
  bool more() const { return more_; }

 private:
  std::array<std::string_view, kSegmentsMost> parts_;
  std::size_t count_ = 0;
  bool path_ = false;
  bool more_ = false;
};

}  // namespace traffic
