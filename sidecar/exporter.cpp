#include "sidecar/exporter.h"

#include <array>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/file.h"
#include "net/gzip.h"
#include "net/header_file.h"
#include "sidecar/log.h"
#include "sidecar/machine.h"
#include "sidecar/of_flag.h"

namespace sidecar {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {
constexpr base::Duration kWithin = base::seconds(10);
constexpr base::Duration kLastWithin = base::seconds(2);
constexpr std::size_t kHeaderBytesMax = 8192;
constexpr std::size_t kAnswerBytesMax = 64U << 10U;

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// "api-key=/run/secrets/key", taken apart.
base::Result<std::pair<std::string, std::string>> header_file(const std::string& text) {
  return of_flag("--export-header-file", net::parse_header_file(text));
}
}  // namespace

base::Result<> check(const ExportSettings& settings) {
  if (!settings.otlp_url.empty()) {
    const auto url = net::parse_url(settings.otlp_url);
    if (!url) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("--export-otlp: {}", url.error().message));
    }
  }
  for (const std::string& each : settings.header_files) TRY(header_file(each));
  return {};
}

Exporter::Exporter(aio::Clock& clock, const aio::Executor& executor, const ExportSettings& settings,
                   std::function<std::string()> page)
    : clock_(clock),
      executor_(executor),
      settings_(settings),
      page_(std::move(page)),
      instance_(host_name()),
      began_{clock.now(), clock.wall_now()},
      accepted_at_(began_) {}

base::Result<std::unique_ptr<Exporter>> Exporter::create(aio::Clock& clock,
                                                         const aio::Executor& executor,
                                                         const ExportSettings& settings,
                                                         std::function<std::string()> page) {
  std::unique_ptr<Exporter> out(new Exporter(clock, executor, settings, std::move(page)));
  TRY(out->open());
  return out;
}

base::Result<> Exporter::open() {
  if (!settings_.otlp_url.empty()) {
    TRY(url_, net::parse_url(settings_.otlp_url));
    std::shared_ptr<net::TlsContext> tls;
    if (url_.tls) {
      TRY(tls, net::make_tls_context_of(settings_.ca_file));
    }
    client_ = std::make_unique<net::HttpClient>(
        executor_, url_.address, tls,
        net::HttpClientLimits{.body_bytes_max = kAnswerBytesMax, .idle_max = 1});
  }
  return {};
}

/// By the name that it has now.
base::Result<> Exporter::connect_agent() {
  TRY(const Places places, upstream_places(*settings_.dogstatsd, "--export-dogstatsd"));
  const Places::Endpoint& endpoint = places.first();
  error_code error;
  agent_.emplace(executor_);
  agent_->open(endpoint.address().is_v6() ? udp::v6() : udp::v4(), error);
  if (!error) agent_->non_blocking(true, error);
  if (!error) agent_->connect({endpoint.address(), endpoint.port()}, error);
  if (error) agent_.reset();
  return error ? base::Result<>(base::fail_errno("--export-dogstatsd", error.value()))
               : base::Result<>{};
}

aio::Task<base::Result<>> Exporter::run(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, settings_.every, stop)) co_await send(kWithin, stop);
  co_return base::Result<>{};
}

aio::Task<> Exporter::send_last() {
  co_await send(kLastWithin, {});
}

aio::Task<> Exporter::send(base::Duration limit, std::stop_token stop) {
  std::vector<MetricFamily> families = read_families(page_());
  if (settings_.dogstatsd) {
    note("dogstatsd", dogstatsd_, dogstatsd_failing_, send_dogstatsd(families));
  }
  if (client_ == nullptr) co_return;
  const auto done = co_await send_otlp(std::move(families), limit, stop);
  if (!stop.stop_requested()) note("otlp", otlp_, otlp_failing_, done);
}

base::Result<net::HttpCall> Exporter::call_with(std::string body) const {
  net::HttpCall out{.method = "POST", .target = url_.path};
  out.headers = {{"Content-Type", "application/x-protobuf"},
                 {"Content-Encoding", "gzip"},
                 {"User-Agent", "muster-sidecar"}};
  for (const std::string& each : settings_.header_files) {
    TRY(const auto file, header_file(each));
    TRY(std::string value, aio::read_file(file.second, kHeaderBytesMax));
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
    out.headers.push_back({file.first, std::move(value)});
  }
  out.body = net::gzip(body);
  return out;
}

aio::Task<base::Result<>> Exporter::send_otlp(std::vector<MetricFamily> families,
                                              base::Duration limit, std::stop_token stop) {
  const CountsSince now{clock_.now(), clock_.wall_now()};
  CountsSince& since_when = settings_.delta ? accepted_at_ : began_;
  // It stays so: receivers tell by it whether a counter has begun anew.
  since_when.wall = since_when.start(now.at, now.wall);
  const OtlpExport with{.service = settings_.service,
                        .instance = instance_,
                        .from = since_when.wall,
                        .to = now.wall,
                        .delta = settings_.delta};
  CO_TRY(net::HttpCall call,
         call_with(otlp_request(settings_.delta ? since(families, accepted_) : families, with)));
  CO_TRY(const net::HttpAnswer answer,
         co_await aio::with_deadline(
             clock_, clock_.now() + limit, stop, "send figures to " + settings_.otlp_url,
             [&](std::stop_token within) { return client_->exchange(std::move(call), within); }));
  if (answer.status < 200 || answer.status > 299) {
    co_return base::fail(base::Code::Unavailable,
                         fmt::format("{} answers {}", settings_.otlp_url, answer.status));
  }
  accepted_at_ = now;
  if (settings_.delta) accepted_ = std::move(families);
  co_return base::Result<>{};
}

/// What an agent does not hear nobody learns of: it is told what came since it was told last.
base::Result<> Exporter::send_dogstatsd(const std::vector<MetricFamily>& families) {
  if (!agent_) {
    TRY(connect_agent());
  }
  error_code failed;
  for (const std::string& packet :
       dogstatsd_packets(since(families, told_agent_), settings_.service)) {
    error_code error;
    agent_->send(asio::buffer(packet), 0, error);
    if (error) failed = error;
  }
  told_agent_ = families;
  if (failed) agent_.reset();
  return failed ? base::Result<>(base::fail_errno("send figures to the agent", failed.value()))
                : base::Result<>{};
}

/// The log has the first of a row of failures, and the end of it.
void Exporter::note(const char* to, Counts& counts, bool& failing, const base::Result<>& done) {
  ++(done ? counts.sent : counts.failed);
  if (!done && !failing) {
    log(Level::Warning, "figures are not taken", {{"export", to}, {"why", done.error().message}});
  } else if (done && failing) {
    log(Level::Info, "figures are taken again", {{"export", to}});
  }
  failing = !done;
}

std::string Exporter::exposition() const {
  std::string out =
      "# HELP muster_sidecar_exports_total Times when figures were sent, by what became of it.\n"
      "# TYPE muster_sidecar_exports_total counter\n";
  const auto lines = [&out](const char* to, const Counts& counts) {
    out += fmt::format(
        "muster_sidecar_exports_total{{to=\"{0}\",result=\"sent\"}} {1}\n"
        "muster_sidecar_exports_total{{to=\"{0}\",result=\"failed\"}} {2}\n",
        to, counts.sent, counts.failed);
  };
  if (client_ != nullptr) lines("otlp", otlp_);
  if (settings_.dogstatsd) lines("dogstatsd", dogstatsd_);
  return out;
}

}  // namespace sidecar
