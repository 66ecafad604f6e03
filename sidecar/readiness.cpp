#include "sidecar/readiness.h"

#include <fmt/format.h>

#include "sidecar/replies.h"

namespace sidecar {

net::HttpReply readiness(const Readiness& seen) {
  return text_reply(
      !seen.draining && seen.upstream_reachable && seen.no_certificate.empty() ? 200U : 503U,
      fmt::format("[{}] serving{}\n[{}] application{}{}\n", seen.draining ? '-' : '+',
                  seen.draining ? ": draining" : "", seen.upstream_reachable ? '+' : '-',
                  seen.upstream_detail.empty() ? "" : ": ", seen.upstream_detail) +
          (seen.no_certificate.empty()
               ? ""
               : fmt::format("[-] certificate: {}\n", seen.no_certificate)));
}

}  // namespace sidecar
