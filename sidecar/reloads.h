// What a file that is read again and again says anew, and what became of it. Pure.
//
// A new text is judged when it was seen twice, the second time a moment later: what is being
// written, or a certificate that was replaced before its key, is seen once and never judged. Who
// asks for a reload (SIGHUP) knows that it is whole. A text is judged once, whatever comes of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "crypto/hash.h"

namespace sidecar {

class Reloads {
 public:
  /// `text`: in force from the start.
  Reloads(std::string_view text, base::WallTime now);

  /// Whether it is to be judged now. `at_once`: without seeing it twice.
  bool is_news(std::string_view text, bool at_once);
  void succeeded(base::WallTime now);
  void failed();

  /// Metrics for Prometheus. `what`: "config".
  std::string exposition(std::string_view what) const;

 private:
  crypto::Digest judged_, seen_;
  std::uint64_t successes_ = 0, failures_ = 0;
  bool last_successful_ = true;
  base::WallTime last_success_;
};

}  // namespace sidecar
