// Browsers' figures over HTTP: POST takes a post (ingest/rum.h), GET of the path with ".js" gives
// the script that makes them, OPTIONS answers a preflight.
//
// Anybody who reaches the page can post, so nothing here is believed: a post has a size, all
// together have a rate, and a page of another origin may post only where it was named. Source:
// fetch.spec.whatwg.org, "CORS protocol".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "sidecar/admin.h"
#include "sidecar/budget.h"
#include "sidecar/intake.h"

namespace sidecar {

inline constexpr const char* kRumPath = "/muster/rum";

/// Whether a page of this origin may post to this host: its own may, and those that are named; "*"
/// names all. Who sends no Origin is no page of another one.
bool may_post(const std::string* origin, const std::string* host,
              const std::vector<std::string>& named);

/// Thread: one at a time.
class RumReceiver {
 public:
  /// `path`: where posts go. Lifetime: clock and intake outlive it.
  RumReceiver(const aio::Clock& clock, Intake& intake, const std::string& path,
              std::vector<std::string> origins);
  RumReceiver(const RumReceiver&) = delete;
  RumReceiver& operator=(const RumReceiver&) = delete;

  net::HttpReply serve(const net::HttpRequest& request);
  /// "muster_sidecar_rum_…", in the text format 0.0.4.
  std::string exposition() const;

 private:
  net::HttpReply take(const net::HttpRequest& request);

  const aio::Clock& clock_;
  Intake& intake_;
  std::vector<std::string> origins_;
  Budget posts_;
  std::uint64_t taken_ = 0, refused_ = 0, throttled_ = 0, foreign_ = 0;
  Admin routes_;
};

}  // namespace sidecar
