#include "kube/lines.h"

#include <utility>

namespace kube {

bool Lines::hand_out(std::string_view line) {
  if (line.empty() && !options_.keep_empty) return true;
  return line_(line);
}

bool Lines::take(std::string_view bytes) {
  for (;;) {
    const std::size_t end = bytes.find('\n');
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end;
    too_long_ = rest_.size() + size > options_.bytes_max;
    if (too_long_) return false;
    if (end == std::string_view::npos) {
      rest_ += bytes;
      return true;
    }
    bool more = true;
    if (rest_.empty()) {
      more = hand_out(bytes.substr(0, end));
    } else {
      rest_ += bytes.substr(0, end);
      more = hand_out(std::exchange(rest_, {}));
    }
    if (!more) return false;
    bytes.remove_prefix(end + 1);
  }
}

void Lines::end() {
  if (!rest_.empty()) static_cast<void>(hand_out(std::exchange(rest_, {})));
}

}  // namespace kube
