#include "traffic/segments.h"

#include <algorithm>

namespace traffic {

Segments::Segments(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  path_ = !path.empty() && path.front() == '/';
  if (!path_) return;
  std::size_t at = 1;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) {
      if (count_ == kSegmentsMost) {
        more_ = true;
        return;
      }
      parts_[count_++] = path.substr(at, end - at);
    }
    at = end + 1;
  }
}

}  // namespace traffic
