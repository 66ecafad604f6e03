// One drill from preflight to report, on a target that is open and locked: instrument, load,
// watches, the drive loop, and at the end the evidence, the assessment and the results on disk.
//
// Whatever happens, the order at the end is the same: the engine has finished (everything undone,
// or honestly reported as not), the load and the prober have stopped, the ledger table is gone,
// the records are judged, report.json is written.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "metrics/drill_metrics.h"
#include "runner/abort_guard.h"
#include "runner/availability.h"
#include "runner/drill_target.h"
#include "runner/drive.h"
#include "runner/evidence_file.h"
#include "runner/instance_watch.h"
#include "runner/instrument.h"
#include "runner/live_status.h"
#include "runner/miss_watch.h"
#include "runner/notifier.h"
#include "runner/second_vantage.h"
#include "runner/sql_client.h"
#include "runner/track_record.h"
#include "runner/user_load.h"

namespace runner {

class DrillRun final : public Edge,
                       private targets::ProbeWatch,
                       private targets::Approvals,
                       private AbortGuard::Events {
 public:
  using ShowStatus = std::function<void(const DrillStatus&)>;

  struct Setup {
    StateDir state;
    DrillDir dir;
    DrillTarget& target;
    const targets::Catalog& catalog;
    targets::HttpClient* http = nullptr;
    metrics::DrillMetrics* metrics = nullptr;
    Notifier* notifier = nullptr;  // outlives the run; finished by the caller
    std::map<std::string, std::string> versions;
    ShowStatus show;                   // called a few times a second
    Accounting* accounting = nullptr;  // evidence and audit log; none: neither is written
    std::unique_ptr<store::JournalFile> journal{};             // none: a file in `dir`
    std::function<void(const drill::TimelineEvent&)> story{};  // each entry as it comes
    targets::Approvals* approvals = nullptr;                   // none: files in `dir`
    Actuator::Confirm confirm{};
    std::string place{};       // where this is, for people
    Connect second_vantage{};  // a link to the other vantage; none: there is none
  };

  DrillRun(aio::Clock& clock, const aio::Executor& executor, Setup setup);
  ~DrillRun() override;

  struct Result {
    drill::Report report;
    std::vector<std::string> problems;  // what could not be written
    bool aborted_by_user = false;
  };
  /// Errors: the journal could not be made; then nothing was touched.
  aio::Task<base::Result<Result>> run();

  /// Asks for the end; everything is undone first. Thread: the executor's.
  void abort(drill::AbortReason reason, std::string detail);

 private:
  aio::Task<drill::event::Preflighted> preflight(std::stop_token stop) override;
  void observe(drill::action::Observe::What what) override;
  aio::Task<drill::event::Observed> look(std::stop_token stop) override;
  aio::Task<drill::event::FinalReadDone> final_read(drill::FinalRead::Which which,
                                                    std::stop_token stop) override;
  std::optional<targets::ProbeWatch::View> view(const std::string& probe) const override;
  bool approved(const std::string& step) const override;
  void ask(const std::string& step, const std::string& message) override;
  void answered(const std::string& step) override;
  void tripped(const std::string& detail) override;
  void judged(const std::string& condition, const std::optional<std::string>& why) override;

  base::Result<> check_roles() const;
  base::Result<> check_connections() const;
  aio::Task<base::Result<>> begin(std::stop_token stop);
  aio::Task<> begin_second_vantage(std::stop_token stop);
  aio::Task<base::Result<drill::FinalRead>> read_final(drill::FinalRead::Which which,
                                                       std::stop_token stop);
  aio::Task<base::Result<drill::FinalRead>> read_isolated(std::stop_token stop);
  aio::Task<drill::FinalRead> read_table(drill::FinalRead::Which which, std::string instance,
                                         probes::PgAddress address, std::stop_token stop);
  drill::event::Observed observed_now() const;

  aio::Task<base::Result<>> sample(std::stop_token stop);
  aio::Task<base::Result<>> watch_instances(std::stop_token stop);
  aio::Task<base::Result<>> look_for_abort_request(std::stop_token stop);
  void show(bool final_state, const drill::Report* report);
  void sample_pool();
  void listen_to_records();
  void tell_metrics();
  void tell_start();
  report::NotificationMessage message_now(report::Moment moment) const;
  void look_for_miss();
  void tell_end(const drill::Report& report);
  aio::Task<base::Result<Result>> conclude(drill::action::Finish finish);
  aio::Task<base::Result<>> drop_table();
  void gather(drill::Evidence& evidence);

  aio::Clock& clock_;
  aio::Executor executor_;
  Setup setup_;
  const api::RecoveryPlan& plan_;
  std::optional<InstanceWatch> instances_;
  std::optional<SqlOverInstances> sql_;
  std::unique_ptr<Instrument> instrument_;
  std::unique_ptr<SecondVantage> second_;  // none: the runner's is the only vantage
  std::unique_ptr<UserLoad> load_;
  std::optional<store::UndoJournal> journal_;
  std::optional<targets::Context> context_;
  std::optional<AbortGuard> guard_;
  std::unique_ptr<Actuator> actuator_;
  std::unique_ptr<Drive> drive_;
  std::unique_ptr<aio::TaskGroup> tasks_;
  base::TimePoint started_{};
  base::WallTime started_wall_{};
  std::vector<drill::ClockAnchor> anchors_;
  std::vector<drill::PoolSample> pool_;
  std::vector<std::string> ran_;         // the system's processes at the preflight, sorted
  std::optional<MissWatch> miss_watch_;  // nothing: it cannot be told while the drill runs
  bool rto_miss_told_ = false;
  bool user_abort_ = false;
  std::optional<drill::event::AbortRequested> early_abort_;  // asked for before there was a drive
  std::size_t events_counted_ = 0;                           // of the timeline, for the metrics
  std::optional<std::pair<drill::Phase, base::TimePoint>> phase_counted_;
};

}  // namespace runner
