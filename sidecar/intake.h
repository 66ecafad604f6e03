// What the application and its users' browsers tell the sidecar, in one place: series, operations,
// browsers' figures. All of it has bounds whatever is sent (ingest/series_table.h, ingest/rum.h,
// alert/operations.h), and nothing here waits or touches a socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aio/clock.h"
#include "ingest/otlp.h"
#include "ingest/rum.h"
#include "ingest/statsd.h"
#include "sidecar/operation_book.h"
#include "sidecar/user_report.h"

namespace sidecar {

/// Thread: one at a time.
class Intake {
 public:
  /// Lifetime: the clock outlives it.
  explicit Intake(const aio::Clock& clock, const AlertSettings& settings = {});
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Other limits, from now on.
  void use(const AlertSettings& settings);

  /// Told what the application says of its users; false: nobody wants to know, and it is a figure
  /// like any other.
  using OfUser = std::function<bool(const UserReport& report, double value)>;
  void tell_of_users(OfUser of_user);

  void take_statsd(std::string_view packet) { statsd_.take(packet); }
  ingest::OtlpTaken take_metrics(const ingest::OtlpMetrics& metrics);
  void take_traces(const ingest::OtlpTraces& traces);
  /// How long the sidecar's own encryption took.
  void take_own(const std::vector<alert::EncryptionOperation>& operations);
  void take_rum(const ingest::RumPost& post) { rum_.take(post); }
  /// Different things are counted from here on anew: once every ten seconds, as StatsD does.
  void end_window() { series_.end_window(); }

  const ingest::StatsdCounts& statsd() const { return statsd_.counts(); }
  const ingest::RumTable& rum() const { return rum_; }
  const OperationBook& operations() const { return operations_; }
  /// All of it, in the text format 0.0.4.
  std::string exposition() const;

 private:
  const aio::Clock& clock_;
  ingest::SeriesTable series_;
  OperationBook operations_;
  ingest::StatsdIntake statsd_;
  ingest::RumTable rum_;
};

/// "muster_sidecar_statsd_…": what came over StatsD's port and what became of it.
std::string statsd_exposition(const ingest::StatsdCounts& counts, std::uint64_t lost);

}  // namespace sidecar
