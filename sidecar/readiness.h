// Whether traffic should come here: for the kubelet, and for people, who also want to know why not.
#pragma once

#include <string>

#include "net/http_server.h"

namespace sidecar {

struct Readiness {
  bool draining = false;
  bool upstream_reachable = false;
  std::string upstream_detail;      // why not
  std::string no_certificate = {};  // why there is none to show; empty: there is, or none is needed
};

/// 200, or 503; a line for each thing that is needed, "[+]" where it is there.
net::HttpReply readiness(const Readiness& seen);

}  // namespace sidecar
