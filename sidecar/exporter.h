// Sends what /metrics shows to others, of the sidecar's own accord: by OTLP/HTTP to a collector or
// to an intake that speaks it (New Relic's, Datadog's: their keys are fields, whose values are read
// from files each time, so that a key can be changed), and by DogStatsD to a Datadog agent.
//
// Nothing is kept for a receiver that is away: counters count from the beginning, or, of --export-
// delta, since the last request that was taken, so that the next one that is taken has it all. The
// last one is sent at the end. Runs on the main thread; no request waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/http_client.h"
#include "net/http_header.h"
#include "net/url.h"
#include "sidecar/dogstatsd_agent.h"
#include "sidecar/export_format.h"
#include "sidecar/families.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Errors: InvalidArgument, naming the setting.
base::Result<> check(const ExportSettings& settings);

/// The fields of --export-header-file, with what their files say now. Errors: what the file system
/// says of a file.
base::Result<std::vector<net::HttpHeader>> export_headers(const ExportSettings& settings);

/// Thread: of its executor.
class Exporter {
 public:
  /// `page`: in the text format 0.0.4. Lifetime: the clock outlives it.
  /// Errors: InvalidArgument for a setting. An agent whose name is not known yet is looked for
  /// again each time: the traffic does not wait for it.
  static base::Result<std::unique_ptr<Exporter>> create(aio::Clock& clock,
                                                        const aio::Executor& executor,
                                                        const ExportSettings& settings,
                                                        std::function<std::string()> page);

  /// Sends again and again, until it is told to stop.
  aio::Task<base::Result<>> run(std::stop_token stop);
  /// Once more, and quickly: within two seconds, whoever does not answer.
  aio::Task<> send_last();
  /// "muster_sidecar_export_…", in the text format 0.0.4.
  std::string exposition() const;

 private:
  struct Counts {
    std::uint64_t sent = 0, failed = 0;
  };
  Exporter(aio::Clock& clock, const aio::Executor& executor, const ExportSettings& settings,
           std::function<std::string()> page);
  base::Result<> open();
  aio::Task<> send(base::Duration limit, std::stop_token stop);
  aio::Task<base::Result<>> tell_agent(std::vector<MetricFamily> families, base::TimePoint until,
                                       std::stop_token stop);
  aio::Task<base::Result<>> tell_receiver(std::vector<MetricFamily> families, base::TimePoint until,
                                          std::stop_token stop);
  aio::Task<base::Result<>> send_otlp(std::vector<MetricFamily> families, base::TimePoint until,
                                      std::stop_token stop);
  aio::Task<base::Result<>> send_dogstatsd(std::vector<MetricFamily> families,
                                           base::TimePoint until, std::stop_token stop);
  base::Result<net::HttpCall> call_with(std::string body) const;
  void take_answer(const net::HttpAnswer& answer);
  void note(const char* to, Counts& counts, bool& failing, const base::Result<>& done);

  aio::Clock& clock_;
  aio::Executor executor_;
  const ExportSettings& settings_;
  std::function<std::string()> page_;
  std::string instance_;
  net::Url url_;
  std::unique_ptr<net::HttpClient> client_;  // null: no OTLP
  std::optional<DogstatsdAgent> agent_;      // none: no DogStatsD
  CountsSince began_, accepted_at_;
  std::vector<MetricFamily> accepted_, told_agent_;
  Counts otlp_, dogstatsd_;
  std::uint64_t rejected_ = 0;  // points
  std::string receiver_says_;   // of the last request that it took; empty: it took all of it
  bool otlp_failing_ = false, dogstatsd_failing_ = false;
};

}  // namespace sidecar
