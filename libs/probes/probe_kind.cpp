#include "probes/probe_kind.h"

#include "probes/probe_dns.h"
#include "probes/probe_features.h"
#include "probes/probe_http.h"
#include "probes/probe_postgres.h"
#include "probes/probe_redis.h"
#include "probes/probe_session.h"
#include "probes/probe_tcp.h"

namespace probes {

std::vector<std::unique_ptr<ProbeKind>> probe_kinds() {
  std::vector<std::unique_ptr<ProbeKind>> kinds;
  kinds.push_back(postgres_probe());
  kinds.push_back(http_probe());
  kinds.push_back(tcp_probe());
  kinds.push_back(dns_probe());
  kinds.push_back(redis_probe());
  kinds.push_back(session_probe());
  kinds.push_back(features_probe());
  return kinds;
}

}  // namespace probes
