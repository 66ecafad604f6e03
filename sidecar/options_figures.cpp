#include "sidecar/options_figures.h"

#include "ingest/rum_place.h"
#include "sidecar/exporter.h"
#include "sidecar/of_flag.h"
#include "sidecar/options.h"
#include "sidecar/options_flags.h"

namespace sidecar {

void ingest_flags(CLI::App& app, RawFigures& raw, IngestSettings& ingest) {
  app.add_option("--statsd-listen", raw.statsd,
                 "a UDP port for StatsD, [HOST]:PORT, such as 127.0.0.1:8125; default: none");
  app.add_option("--otlp-listen", raw.otlp,
                 "a port for OTLP/HTTP, [HOST]:PORT, such as 127.0.0.1:4318; default: none");
  app.add_option("--rum-path", ingest.rum_path,
                 "a path among the application's to which browsers post their figures, such as "
                 "/muster/rum; with .js it is the script that does; default: none");
  app.add_option("--rum-listen", raw.rum, "a port for the same, [HOST]:PORT; default: none");
  list_flag(app, "--rum-origin", ingest.rum_origins,
            "an origin whose pages may post as well, such as https://shop.example, or *; may be "
            "repeated");
}

base::Result<> settle_ingest(const RawFigures& raw, Mode mode, IngestSettings& ingest) {
  if (!raw.statsd.empty()) {
    TRY(ingest.statsd_listen, parse_listen("--statsd-listen", raw.statsd));
  }
  if (!raw.otlp.empty()) {
    TRY(ingest.otlp_listen, parse_listen("--otlp-listen", raw.otlp));
  }
  if (!raw.rum.empty()) {
    TRY(ingest.rum_listen, parse_listen("--rum-listen", raw.rum));
  }
  for (const std::string& origin : ingest.rum_origins) {
    TRY(of_flag("--rum-origin", ingest::check_rum_origin(origin)));
  }
  if (ingest.rum_path.empty()) return {};
  TRY(of_flag("--rum-path", ingest::check_rum_path(ingest.rum_path)));
  if (mode == Mode::Http) return {};
  return base::fail(base::Code::InvalidArgument, "--rum-path: mode tcp has no paths");
}

void export_flags(CLI::App& app, RawFigures& raw, ExportSettings& to) {
  app.add_option("--export-otlp", to.otlp_url,
                 "where all figures are sent by OTLP/HTTP, such as "
                 "http://collector:4318/v1/metrics; default: nowhere");
  list_flag(app, "--export-header-file", to.header_files,
            "NAME=FILE: a field of those requests, whose value is in the file; may be repeated");
  app.add_option("--export-ca-file", to.ca_file,
                 "who vouches for an https receiver; default: the system's");
  app.add_flag("--export-delta", to.delta, "counters as what came since the last time");
  app.add_option(
      "--export-dogstatsd", raw.dogstatsd,
      "a Datadog agent, HOST:PORT over UDP, to which all figures are sent; default: none");
  seconds_flag(app, "--export-seconds", raw.export_every, "from one time to the next");
  app.add_option("--export-service", to.service, "the name under which they are sent")
      ->capture_default_str();
}

base::Result<> settle_export(const RawFigures& raw, ExportSettings& to) {
  if (!raw.dogstatsd.empty()) {
    TRY(to.dogstatsd, parse_upstream("--export-dogstatsd", raw.dogstatsd));
  }
  to.every = base::seconds(raw.export_every);
  return check(to);
}

}  // namespace sidecar
