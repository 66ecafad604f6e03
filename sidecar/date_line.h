// The Date line of answers that have none: who has a clock and passes an answer on says when it
// came (RFC 9110, 6.6.1). It is written once a second, when somebody asks, so that an idle core has
// nothing to do and a busy one compares two numbers. A clock that is set is seen within a second.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http1/date.h"

namespace sidecar {

class DateLine {
 public:
  /// "Date: …" with its CRLF. `wall` is called for the time of day. Lifetime: until the next call.
  template <class Wall>
  std::string_view at(base::TimePoint now, Wall&& wall) {
    if (now >= until_) {
      const base::WallTime time = wall();
      line_ = http1::date_line(time);
      const auto second = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
      until_ = now + (second + std::chrono::seconds(1) - time.time_since_epoch());
    }
    return line_;
  }

 private:
  std::string line_;
  base::TimePoint until_ = base::TimePoint::min();
};

}  // namespace sidecar
