// The metrics of drills (D9 and what an operator of drills asks next), behind an interface that
// does not show the library underneath: prometheus-cpp stays in this folder. Every series that can
// be known in advance starts at 0, because a counter that appears with its first event has no
// increase() for it. Latencies are histograms; a Summary costs sixty times as much per sample and
// cannot be aggregated.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drill/summary.h"

namespace metrics {

/// What muster_build_info says about the program.
struct Build {
  std::string version;
  std::string revision;
  std::string compiler;
};

/// The share of a plan's drills that met an objective, and its lower confidence bound (95 %).
struct ComplianceRatio {
  double ratio = 0;
  double lower_bound = 0;
};

/// Thread: every function may be called from any thread.
class DrillMetrics {
 public:
  explicit DrillMetrics(const Build& build);
  ~DrillMetrics();
  DrillMetrics(const DrillMetrics&) = delete;
  DrillMetrics& operator=(const DrillMetrics&) = delete;

  /// Makes every series of this plan exist, at 0; a plan without an RPO has no share of drills that
  /// met it.
  void declare(std::string_view plan, bool has_rpo = true);
  /// Makes the latency histogram of a probe stream exist, empty.
  void declare_stream(std::string_view plan, std::string_view stream);

  void count(std::string_view plan, drill::TimelineEvent::Kind kind);
  /// Drill phase: Baseline, Recovery …; outage phases come with finished().
  void phase_took(std::string_view plan, drill::Phase phase, drill::Duration took);
  /// Exactly one of the states is 1.
  void state(drill::SystemState state);
  void probe(std::string_view plan, std::string_view stream, drill::Outcome outcome,
             drill::Duration latency);
  /// A ledger write as its outcome became known: ok, fail, info.
  void ledger_write(std::string_view plan, drill::Outcome outcome);
  /// A drill that has just finished: ended() and newest().
  void finished(const drill::Summary& drill);
  /// Counted: its verdict, what it lost, its outage phases.
  void ended(const drill::Summary& drill);
  /// Shown: its bounds, verdicts and objectives. The same again changes nothing.
  void newest(const drill::Summary& drill);
  /// A plan that is no more has no series.
  void forget(std::string_view plan);
  /// A write of the audit log; one beyond `slow` is counted as slow.
  void audit_write(drill::Duration took, drill::Duration slow);
  /// An entry of the audit log that could not be written.
  void audit_lost();
  /// `rpo`: nothing where none was asked for; its series go.
  void compliance(std::string_view plan, const ComplianceRatio& rto,
                  const std::optional<ComplianceRatio>& rpo);

  /// The text exposition format 0.0.4, which is valid for `promtool check metrics`.
  std::string text() const;

  /// The Content-Type that goes with text().
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace metrics
