// The ports over which applications and browsers tell the sidecar what they measured. Each is there
// only where it was asked for, and all are served by the thread of the admin port: however much is
// sent, requests are proxied by others.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "net/http_server.h"
#include "sidecar/intake.h"
#include "sidecar/log.h"
#include "sidecar/otlp_receiver.h"
#include "sidecar/rum_receiver.h"
#include "sidecar/settings.h"
#include "sidecar/statsd_listener.h"

namespace sidecar {

/// Thread: of its executor.
class Receivers {
 public:
  /// Opens the ports. Lifetime: clock and intake outlive it. Errors: a port that is taken.
  static base::Result<std::unique_ptr<Receivers>> open(aio::Clock& clock,
                                                       const aio::Executor& executor,
                                                       const IngestSettings& settings,
                                                       Intake& intake);

  /// Serves them within the group.
  void spawn(aio::TaskGroup& group);
  /// Where requests for the sidecar's own pages among the application's go; none: there are none.
  std::optional<boost::asio::ip::tcp::endpoint> own_service() const;
  /// The ports in use, for the log: "statsd_port", "otlp_port", "rum_port".
  LogFields ports() const;
  /// What came over them, in the text format 0.0.4.
  std::string exposition() const;

 private:
  Receivers(aio::Clock& clock, const aio::Executor& executor, Intake& intake)
      : clock_(clock), executor_(executor), intake_(intake) {}
  base::Result<> open_statsd(const HostPort& listen);
  base::Result<> open_rum(const IngestSettings& settings);
  base::Result<std::unique_ptr<net::HttpServer>> serve_http(const std::string& listen,
                                                            net::HttpServer::Handler handler,
                                                            std::size_t body_bytes_max);
  aio::Task<base::Result<>> end_windows(std::stop_token stop);

  aio::Clock& clock_;
  aio::Executor executor_;
  Intake& intake_;
  // Null: not asked for.
  std::unique_ptr<StatsdListener> statsd_;
  std::unique_ptr<OtlpReceiver> otlp_;
  std::unique_ptr<RumReceiver> rum_;
  std::unique_ptr<net::HttpServer> otlp_server_, rum_server_, own_server_;
};

}  // namespace sidecar
