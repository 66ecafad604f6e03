#include "sidecar/receivers.h"

#include <utility>

#include "sidecar/machine.h"
#include "sidecar/options.h"

namespace sidecar {

namespace {
constexpr base::Duration kWindow = base::seconds(10);
constexpr std::size_t kConnections = 256;
constexpr base::Duration kPatience = base::seconds(10);
}  // namespace

base::Result<std::unique_ptr<Receivers>> Receivers::open(aio::Clock& clock,
                                                         const aio::Executor& executor,
                                                         const IngestSettings& settings,
                                                         Intake& intake) {
  std::unique_ptr<Receivers> out(new Receivers(clock, executor, intake));
  if (settings.statsd_listen) TRY(out->open_statsd(*settings.statsd_listen));
  if (settings.otlp_listen) {
    out->otlp_ = std::make_unique<OtlpReceiver>(clock, intake);
    TRY(out->otlp_server_, out->serve_http(
                               to_string(*settings.otlp_listen),
                               [otlp = out->otlp_.get()](const net::HttpRequest& request) {
                                 return otlp->serve(request);
                               },
                               ingest::kOtlpProtobufBytesMax));
  }
  if (settings.rum_listen || !settings.rum_path.empty()) TRY(out->open_rum(settings));
  return out;
}

base::Result<> Receivers::open_statsd(const HostPort& listen) {
  TRY(const auto endpoint, listen_endpoint(listen, "--statsd-listen"));
  TRY(statsd_, StatsdListener::listen(
                   clock_, executor_, {endpoint.address(), endpoint.port()},
                   [&intake = intake_](std::string_view packet) { intake.take_statsd(packet); }));
  return {};
}

base::Result<> Receivers::open_rum(const IngestSettings& settings) {
  const std::string path = settings.rum_path.empty() ? kRumPath : settings.rum_path;
  rum_ = std::make_unique<RumReceiver>(clock_, intake_, path, settings.rum_origins);
  const auto serve = [rum = rum_.get()](const net::HttpRequest& request) {
    return rum->serve(request);
  };
  if (settings.rum_listen) {
    TRY(rum_server_, serve_http(to_string(*settings.rum_listen), serve, ingest::kRumBytesMax));
  }
  if (!settings.rum_path.empty()) {
    TRY(own_server_, serve_http("127.0.0.1:0", serve, ingest::kRumBytesMax));
  }
  return {};
}

base::Result<std::unique_ptr<net::HttpServer>> Receivers::serve_http(
    const std::string& listen, net::HttpServer::Handler handler, std::size_t body_bytes_max) {
  return net::HttpServer::listen(clock_, executor_, listen, std::move(handler),
                                 {.connections_max = kConnections,
                                  .body_bytes_max = body_bytes_max,
                                  .idle = kPatience,
                                  .between = base::seconds(60)});
}

void Receivers::spawn(aio::TaskGroup& group) {
  if (statsd_ != nullptr) {
    group.spawn(statsd_->serve(group.token()));
    group.spawn(end_windows(group.token()));
  }
  for (const auto* server : {&otlp_server_, &rum_server_, &own_server_}) {
    if (*server != nullptr) group.spawn((*server)->serve(group.token()));
  }
}

aio::Task<base::Result<>> Receivers::end_windows(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, kWindow, stop)) intake_.end_window();
  co_return base::Result<>{};
}

std::optional<boost::asio::ip::tcp::endpoint> Receivers::own_service() const {
  using boost::asio::ip::address_v4;
  if (own_server_ == nullptr) return std::nullopt;
  return boost::asio::ip::tcp::endpoint(address_v4::loopback(), own_server_->port());
}

LogFields Receivers::ports() const {
  LogFields out;
  if (statsd_ != nullptr) out.emplace_back("statsd_port", std::to_string(statsd_->port()));
  if (otlp_server_ != nullptr) out.emplace_back("otlp_port", std::to_string(otlp_server_->port()));
  if (rum_server_ != nullptr) out.emplace_back("rum_port", std::to_string(rum_server_->port()));
  return out;
}

std::string Receivers::exposition() const {
  std::string out;
  if (statsd_ != nullptr) out += statsd_exposition(intake_.statsd(), statsd_->lost());
  if (otlp_ != nullptr) out += otlp_->exposition();
  if (rum_ != nullptr) out += rum_->exposition();
  return out;
}

}  // namespace sidecar
