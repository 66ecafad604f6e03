// Heads for the tests of the cache, each with the text that its views lie in.
#pragma once

#include <string>

#include "base/check.h"
#include "http1/head.h"
#include "sidecar/cache_entry.h"

namespace sidecar {

struct Asked {
  /// "GET /a", with lines that end with CRLF.
  explicit Asked(const std::string& what, const std::string& lines = "")
      : text(what + " HTTP/1.1\r\nHost: Shop\r\n" + lines + "\r\n") {
    http1::Progress progress;
    http1::Refusal why;
    CHECK(http1::parse_request(text, {}, progress, head, why) == http1::Parse::Done);
  }
  std::string text;
  http1::RequestHead head;
};

struct Answered {
  explicit Answered(const std::string& lines, const std::string& status = "200 OK")
      : text("HTTP/1.1 " + status + "\r\n" + lines + "\r\n") {
    http1::Progress progress;
    http1::Refusal why;
    CHECK(http1::parse_response(text, "GET", {}, progress, head, why) == http1::Parse::Done);
  }
  std::string text;
  http1::ResponseHead head;
};

inline base::WallTime at(int seconds) {
  return base::WallTime(base::seconds(1'700'000'000 + seconds));
}

inline base::TimePoint after(int seconds) {
  return base::TimePoint(base::seconds(1000 + seconds));
}

/// Asked for, and there, so many seconds later than the clocks began.
inline Came came(int seconds, int asked) {
  return {after(asked), after(seconds), at(seconds)};
}
inline Came came(int seconds) {
  return came(seconds, seconds);
}

inline StoredPointer stored(const std::string& body, const std::string& lines = "") {
  return complete_stored(
      begin_stored(Answered("Cache-Control: max-age=60\r\n" + lines).head, came(0)), body);
}

}  // namespace sidecar
