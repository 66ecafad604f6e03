#include "sidecar/reloads.h"

#include <fmt/format.h>

namespace sidecar {

Reloads::Reloads(std::string_view text, base::WallTime now)
    : judged_(crypto::sha256(text)), seen_(judged_), last_success_(now) {}

bool Reloads::is_news(std::string_view text, bool at_once) {
  const crypto::Digest digest = crypto::sha256(text);
  const bool settled = at_once || digest == seen_;
  seen_ = digest;
  if (digest == judged_ || !settled) return false;
  judged_ = digest;
  return true;
}

void Reloads::succeeded(base::WallTime now) {
  ++successes_;
  last_successful_ = true;
  last_success_ = now;
}

void Reloads::failed() {
  ++failures_;
  last_successful_ = false;
}

std::string Reloads::exposition(std::string_view what) const {
  return fmt::format(
      "# HELP muster_sidecar_{0}_reloads_total Files that had changed, by what became of them.\n"
      "# TYPE muster_sidecar_{0}_reloads_total counter\n"
      "muster_sidecar_{0}_reloads_total{{result=\"success\"}} {1}\n"
      "muster_sidecar_{0}_reloads_total{{result=\"failure\"}} {2}\n"
      "# HELP muster_sidecar_{0}_last_reload_successful Whether what was read last is in force.\n"
      "# TYPE muster_sidecar_{0}_last_reload_successful gauge\n"
      "muster_sidecar_{0}_last_reload_successful {3}\n"
      "# HELP muster_sidecar_{0}_last_reload_success_timestamp_seconds When what is in force was "
      "read.\n"
      "# TYPE muster_sidecar_{0}_last_reload_success_timestamp_seconds gauge\n"
      "muster_sidecar_{0}_last_reload_success_timestamp_seconds {4}\n",
      what, successes_, failures_, last_successful_ ? 1 : 0,
      last_success_.time_since_epoch() / base::seconds(1));
}

}  // namespace sidecar
