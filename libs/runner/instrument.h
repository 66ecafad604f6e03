// The measuring side of a drill, put together: ledger table and ledger file, prober and its
// streams, the reference responder and the control target, final reads. It knows nothing of faults
// and steps, and what it measures never depends on them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/process.h"
#include "api/recovery_plan.h"
#include "drill/evidence.h"
#include "metrics/drill_metrics.h"
#include "net/connection.h"
#include "probes/pg_final_read.h"
#include "probes/pg_ledger.h"
#include "probes/probe_kind.h"
#include "probes/prober.h"
#include "runner/record_sink.h"
#include "runner/reference.h"
#include "runner/state_dir.h"
#include "store/ledger.h"

namespace runner {

/// Whose it is: the runner's, who makes, reads and drops the ledger table, or that of another
/// vantage, which writes into it with the runner's key and leaves it alone otherwise.
struct InstrumentSeat {
  std::size_t vantage = 0;
  std::string key{};  // of the ledger's rows; empty: one of its own
};

class Instrument {
 public:
  /// `names`: where the system's host names are looked up; null: as this machine does.
  /// Lifetime: plan and system (both resolved) and clock outlive it.
  Instrument(aio::Clock& clock, aio::Executor executor, DrillDir dir, const api::RecoveryPlan& plan,
             const api::LocalSystem& system, std::shared_ptr<net::Names> names,
             InstrumentSeat seat = {});
  ~Instrument();

  /// The sink, to be told of ledger errors and batches before start().
  RecordSink& sink() { return sink_; }

  /// Makes the ledger table, the ledger file and every stream, and starts them.
  /// Errors: naming the probe and what it could not do. On failure nothing is left in the target.
  aio::Task<base::Result<>> start(std::stop_token stop);

  /// The secret that the ledger's rows are signed with.
  const std::string& key() const { return key_; }
  std::vector<probes::StreamStatus> statuses() const;
  /// The ledger cannot be written any more, so that no operation is sent.
  bool blind() const;

  /// Counts a batch of records: probe latencies and ledger writes. Thread: any.
  void count(metrics::DrillMetrics& metrics, const std::string& plan,
             const std::vector<drill::Record>& records) const;

  /// Stops the ledger streams and awaits every acknowledgement. Bounded by their timeout.
  aio::Task<> stop_writing();
  /// stop_writing(), and reads the table at `address`.
  aio::Task<drill::FinalRead> final_read(drill::FinalRead::Which which, std::string instance,
                                         probes::PgAddress address, std::stop_token stop);

  /// Stops everything that measures and moves what was measured into the evidence.
  aio::Task<base::Result<>> finish(drill::Evidence& evidence);
  /// Drops the ledger's schema from the target. Errors: why it is still there.
  aio::Task<base::Result<>> drop_table(probes::PgAddress address, std::stop_token stop);

  /// Connections that all probes together may hold to one server at a time.
  base::Result<std::size_t> connections_max() const;
  /// The deadline of probes that name none: the degraded latency target, or 1 s.
  static base::Duration deadline_default(const api::RecoveryPlan& plan);
  /// Where users reach the database; nothing where the plan has no postgres probe.
  const std::optional<probes::PgAddress>& service_address() const { return service_; }

 private:
  aio::Task<base::Result<>> create_table(std::stop_token stop);
  aio::Task<base::Result<>> run_query(probes::PgAddress address, probes::PgQuery query,
                                      std::stop_token stop);
  base::Result<> find_service();
  base::Result<> add_streams();
  base::Result<> add_stream(probes::BuiltStream built);
  void choose_decider(drill::StreamInfo& info);

  aio::Clock& clock_;
  aio::Executor executor_;
  DrillDir dir_;
  const api::RecoveryPlan& plan_;
  const api::LocalSystem& system_;
  std::shared_ptr<net::Names> names_;
  std::size_t vantage_;
  RecordSink sink_;
  probes::ServerTable servers_;
  probes::PgServers pg_servers_;
  std::string key_;
  probes::PgLedger table_;
  std::optional<probes::PgAddress> service_;
  std::map<std::string, bool> deciding_;  // the plan's choice: stream, whether it exists
  bool any_decides_ = false;
  bool table_made_ = false;
  bool ledger_stopped_ = false;
  std::unique_ptr<store::LedgerWriter> ledger_;
  std::vector<std::unique_ptr<probes::ProbeKind>> kinds_;
  std::unique_ptr<Reference> reference_;
  std::unique_ptr<probes::Prober> prober_;
  std::vector<drill::FinalRead> final_reads_;
  std::map<drill::StreamId, drill::StreamInfo> infos_;  // fixed before the streams start
};

}  // namespace runner
