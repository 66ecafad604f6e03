#include "sidecar/exporter.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/file.h"
#include "aio/task_group.h"
#include "net/gzip.h"
#include "net/header_file.h"
#include "sidecar/log.h"
#include "sidecar/metric_text.h"
#include "sidecar/of_flag.h"
#include "sidecar/otlp_answer.h"

namespace sidecar {

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

base::Result<std::vector<net::HttpHeader>> export_headers(const ExportSettings& settings) {
  std::vector<net::HttpHeader> out;
  for (const std::string& each : settings.header_files) {
    TRY(const auto file, header_file(each));
    TRY(std::string value, aio::read_file(file.second, kHeaderBytesMax));
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
    out.push_back({file.first, std::move(value)});
  }
  return out;
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
  if (settings_.dogstatsd) agent_.emplace(clock_, executor_, *settings_.dogstatsd);
  return {};
}

aio::Task<base::Result<>> Exporter::run(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, settings_.every, stop)) co_await send(kWithin, stop);
  co_return base::Result<>{};
}

aio::Task<> Exporter::send_last() {
  co_await send(kLastWithin, {});
}

/// To both at the same time: neither has to wait for the other.
aio::Task<> Exporter::send(base::Duration limit, std::stop_token stop) {
  const std::vector<MetricFamily> families = read_families(page_());
  const base::TimePoint until = clock_.now() + limit;
  aio::TaskGroup both(executor_, std::move(stop));
  if (agent_) both.spawn(tell_agent(families, until, both.token()));
  if (client_ != nullptr) both.spawn(tell_receiver(families, until, both.token()));
  static_cast<void>(co_await both.join());
}

aio::Task<base::Result<>> Exporter::tell_agent(std::vector<MetricFamily> families,
                                               base::TimePoint until, std::stop_token stop) {
  const auto done = co_await send_dogstatsd(std::move(families), until, stop);
  if (done || !stop.stop_requested()) note("dogstatsd", dogstatsd_, dogstatsd_failing_, done);
  co_return base::Result<>{};
}

aio::Task<base::Result<>> Exporter::tell_receiver(std::vector<MetricFamily> families,
                                                  base::TimePoint until, std::stop_token stop) {
  const auto done = co_await send_otlp(std::move(families), until, stop);
  if (!stop.stop_requested()) note("otlp", otlp_, otlp_failing_, done);
  co_return base::Result<>{};
}

base::Result<net::HttpCall> Exporter::call_with(std::string body) const {
  net::HttpCall out{.method = "POST", .target = url_.path};
  out.headers = {{"Content-Type", "application/x-protobuf"},
                 {"Content-Encoding", "gzip"},
                 {"User-Agent", "muster-sidecar"}};
  TRY(std::vector<net::HttpHeader> more, export_headers(settings_));
  std::ranges::move(more, std::back_inserter(out.headers));
  out.body = net::gzip(body);
  return out;
}

aio::Task<base::Result<>> Exporter::send_otlp(std::vector<MetricFamily> families,
                                              base::TimePoint until, std::stop_token stop) {
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
             clock_, until, stop, "send figures to " + settings_.otlp_url,
             [&](std::stop_token within) { return client_->exchange(std::move(call), within); }));
  if (answer.status < 200 || answer.status > 299) {
    co_return base::fail(base::Code::Unavailable,
                         fmt::format("{} answers {}", settings_.otlp_url, answer.status));
  }
  take_answer(answer);
  accepted_at_ = now;
  if (settings_.delta) accepted_ = std::move(families);
  co_return base::Result<>{};
}

/// What was rejected is not sent again: it would be rejected again. The log has each change.
void Exporter::take_answer(const net::HttpAnswer& answer) {
  const std::string* type = answer.header("Content-Type");
  const auto format = ingest::otlp_format(type == nullptr ? "" : *type);
  OtlpPartial partial = otlp_partial(format.value_or(ingest::OtlpFormat::Protobuf), answer.body);
  rejected_ += partial.rejected;
  std::string why;
  if (partial.rejected > 0) why = "points are rejected";
  if (!partial.message.empty()) why = std::move(partial.message);
  if (why == receiver_says_) return;
  if (why.empty()) {
    log(Level::Info, "the receiver takes all figures again", {{"export", "otlp"}});
  } else {
    log(Level::Warning, "the receiver does not take all figures, or warns",
        {{"export", "otlp"}, {"rejected", std::to_string(partial.rejected)}, {"why", why}});
  }
  receiver_says_ = std::move(why);
}

/// What an agent does not hear nobody learns of: it is told what came since it was told last.
aio::Task<base::Result<>> Exporter::send_dogstatsd(std::vector<MetricFamily> families,
                                                   base::TimePoint until, std::stop_token stop) {
  CO_TRY(co_await agent_->connect(until, std::move(stop)));
  const auto sent =
      agent_->send(dogstatsd_packets(since(families, told_agent_), settings_.service));
  told_agent_ = std::move(families);
  co_return sent;
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
  if (client_ == nullptr) return out;
  return out + metric("muster_sidecar_export_rejected_points_total", "counter",
                      "Points that the receiver of OTLP took the request of, and not them.",
                      rejected_);
}

}  // namespace sidecar
