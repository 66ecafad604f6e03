#include "sidecar/intake.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace sidecar {
namespace {

/// Of the families that the sidecar shows itself: two of one name would cost the whole scrape.
ingest::SeriesBounds bounds() {
  ingest::SeriesBounds out;
  out.reserved = {"muster_", "http_request", "http_response_bytes", "active_connections", "rum_"};
  return out;
}

}  // namespace

Intake::Intake(const aio::Clock& clock, const AlertSettings& settings)
    : clock_(clock),
      series_(bounds()),
      operations_(settings),
      statsd_(series_,
              [this](const ingest::Operation& one) { operations_.add(one, clock_.now()); }) {
  rum_.set(settings.slow);
}

void Intake::use(const AlertSettings& settings) {
  operations_.use(settings);
  rum_.set(settings.slow);
}

void Intake::tell_of_users(OfUser of_user) {
  series_.set_aside(
      [of_user = std::move(of_user)](std::string_view name, const auto& labels, double value) {
        const auto report = user_report_of(name, labels);
        return report && of_user(*report, value);
      });
}

ingest::OtlpTaken Intake::take_metrics(const ingest::OtlpMetrics& metrics) {
  return ingest::put_in(series_, metrics);
}

void Intake::take_traces(const ingest::OtlpTraces& traces) {
  const base::TimePoint now = clock_.now();
  for (const ingest::Operation& operation : traces.operations) operations_.add(operation, now);
}

void Intake::take_own(const std::vector<alert::EncryptionOperation>& operations) {
  const base::TimePoint now = clock_.now();
  for (const alert::EncryptionOperation& each : operations) operations_.add_own(each, now);
}

std::string Intake::exposition() const {
  return operations_.exposition() + rum_.text() + series_.text();
}

std::string statsd_exposition(const ingest::StatsdCounts& counts, std::uint64_t lost) {
  std::string out = fmt::format(
      "# HELP muster_sidecar_statsd_packets_total Packets over StatsD's port.\n"
      "# TYPE muster_sidecar_statsd_packets_total counter\n"
      "muster_sidecar_statsd_packets_total {}\n"
      "# HELP muster_sidecar_statsd_lost_packets_total Packets for which there was no place.\n"
      "# TYPE muster_sidecar_statsd_lost_packets_total counter\n"
      "muster_sidecar_statsd_lost_packets_total {}\n"
      "# HELP muster_sidecar_statsd_values_total What came, by what became of it.\n"
      "# TYPE muster_sidecar_statsd_values_total counter\n",
      counts.packets, lost);
  const std::array<std::pair<const char*, std::uint64_t>, 7> results{
      {{"kept", counts.values - counts.other},
       {"other", counts.other},
       {"malformed", counts.malformed},
       {"dropped", counts.dropped},
       {"conflict", counts.conflicts},
       {"event", counts.events},
       {"check", counts.checks}}};
  for (const auto& [result, count] : results) {
    out += fmt::format("muster_sidecar_statsd_values_total{{result=\"{}\"}} {}\n", result, count);
  }
  return out;
}

}  // namespace sidecar
