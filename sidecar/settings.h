// Everything that can be set, with its default. Plain data, shared by all cores and never changed
// while they run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/outlook.h"
#include "base/time.h"
#include "sidecar/alert_settings.h"
#include "sidecar/cache.h"
#include "sidecar/protection.h"
#include "sidecar/security_headers.h"
#include "sidecar/user_settings.h"
#include "traffic/endpoint.h"

namespace sidecar {

enum class Mode : std::uint8_t { Http, Tcp };

/// What happens to X-Forwarded-For, -Proto and -Host of a request.
enum class Forwarded : std::uint8_t {
  Append,   // the client's address behind those that are there; Proto and Host where missing
  Replace,  // what the client says of itself is left out: for a sidecar that clients reach directly
  Off       // untouched
};

struct HostPort {
  std::string host;  // "127.0.0.1", "::1", "localhost"; empty: every address
  std::uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};

/// What applications and browsers send; nothing is listened for unless it is asked for.
struct IngestSettings {
  std::optional<HostPort> statsd_listen, otlp_listen, rum_listen;
  std::string rum_path;                  // empty: not among the application's pages
  std::vector<std::string> rum_origins;  // of other pages that may post
};

/// Where figures are sent of the sidecar's own accord; nowhere unless it is asked for.
struct ExportSettings {
  std::string otlp_url;                   // "https://otlp.example/v1/metrics"
  std::vector<std::string> header_files;  // "api-key=/run/secrets/key"
  std::string ca_file;                    // empty: the system's
  bool delta = false;
  std::optional<HostPort> dogstatsd;
  base::Duration every = base::seconds(60);
  std::string service = "muster-sidecar";
};

/// Where replicas count together.
struct RedisSettings {
  std::string server;  // "redis:6379"; empty: each counts by itself
  std::string prefix = "muster";
  std::string password_file;  // empty: MUSTER_REDIS_PASSWORD, else none
  bool tls = false;
  std::string ca_file;  // empty: the system's
  /// What nobody could count with the others is refused, once it was away for so long.
  bool fail_closed = false;
  base::Duration closed_after = base::seconds(10);
};

/// The application's PostgreSQL, whose health is told; none unless it is asked for.
struct DatabaseSettings {
  std::string url;            // "postgresql://shop@db:5432/orders"; empty: none
  std::string password_file;  // empty: MUSTER_DATABASE_PASSWORD, else as libpq finds one
  std::size_t pool_size = 10;
  int attempts = 3;  // to connect
  base::Duration attempt_gap = base::seconds(2);
  base::Duration connect = base::seconds(10);
  base::Duration query = base::seconds(30);
  base::Duration slow_query = base::seconds(1);  // more is logged
  base::Duration held = base::seconds(5);        // a connection held for longer is logged
  base::Duration check_every = base::seconds(10);
  base::Duration lag_max = base::seconds(30);  // of a replica
  bool must_be_writable = true;

  bool operator==(const DatabaseSettings&) const = default;
};

struct Settings {
  Mode mode = Mode::Http;
  HostPort upstream;
  HostPort listen{"", 15001};
  std::string admin_listen = "127.0.0.1:15020";
  std::string admin_tls_cert_file, admin_tls_key_file;  // PEM; empty: it is served in the open
  std::string admin_client_ca_file;                     // PEM; empty: clients need no certificate
  std::string audit_log = "stdout";                     // or a file, or "off"
  std::string tls_cert_file, tls_key_file;              // PEM; empty: clients connect in the open
  unsigned threads = 0;                                 // 0: as many as the CPU quota has cores

  // Limits of what a client may send.
  std::size_t head_bytes_max = 16384;  // 4096 to 65536
  std::uint64_t body_bytes_max = 0;    // 0: no limit
  std::size_t connections_max = 0;     // 0: what the limit of descriptors allows

  // How long something may take.
  base::Duration head = base::seconds(10);      // from the first byte of a head to its last
  base::Duration idle = base::seconds(75);      // between two requests of a connection
  base::Duration connect = base::seconds(5);    // to the application
  base::Duration response = base::seconds(60);  // from the request's end to the response's head
  base::Duration stall = base::seconds(60);     // a body of which nothing moves
  base::Duration tunnel_idle = base::seconds(3600);  // an upgraded connection, or one of TCP mode

  // Connections to the application that are kept, per core. Their time is shorter than what common
  // servers grant (5 s), so that the end of one rarely meets a request. Their number is more than
  // what can end in one turn of a busy core, or it closes what it opens anew in the next.
  std::size_t upstream_idle_max = 1024;
  base::Duration upstream_idle = base::seconds(4);

  base::Duration drain = base::seconds(25);  // less than Kubernetes grants (30 s)

  ProtectionSettings protection;
  UserSettings users;
  std::uint32_t concurrency_max = 0;  // requests of one client at once; 0: no limit
  std::string admin_token_file;       // empty: MUSTER_ADMIN_TOKEN; where neither is: no changes
  std::string admin_read_token_file;  // empty: MUSTER_ADMIN_READ_TOKEN; where neither is: anybody
  std::string fingerprint_key_file;   // empty: MUSTER_FINGERPRINT_KEY, or a key of this process
  std::string drill_key_file;         // empty: MUSTER_DRILL_KEY; where neither is: no exemption
  RedisSettings redis;
  DatabaseSettings database;
  CacheSettings cache;
  traffic::EndpointSpec endpoints;
  std::string watch = "auto";  // see watched_source()
  // Of what is watched, where its source tells none; nothing: what the machine has.
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<double> cpu_limit_cores;
  std::string pod_figures;  // where the kubelet's are asked for; see pod_figures_place()
  AlertSettings alerts;
  alert::OutlookSettings outlook;
  IngestSettings ingest;
  ExportSettings exports;

  Forwarded forwarded = Forwarded::Append;
  bool make_trace = false;
  SecurityHeaders security_headers;
};

}  // namespace sidecar
