#include "runner/drill_run.h"

#include <algorithm>
#include <iterator>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/file.h"
#include "drill/summary.h"
#include "probes/probe_postgres.h"
#include "runner/ledger_schemas.h"
#include "runner/plan_config.h"
#include "runner/recover.h"
#include "runner/results.h"

namespace runner {
namespace {

constexpr base::Duration kLookEvery = base::millis(250);
constexpr base::Duration kInstancesEvery = base::seconds(1);
constexpr base::Duration kDropWithin = base::seconds(10);

}  // namespace

DrillRun::DrillRun(aio::Clock& clock, const aio::Executor& executor, Setup setup)
    : clock_(clock), executor_(executor), setup_(std::move(setup)), plan_(setup_.target.plan) {}

DrillRun::~DrillRun() = default;

void DrillRun::abort(drill::AbortReason reason, std::string detail) {
  user_abort_ |= reason == drill::AbortReason::User || reason == drill::AbortReason::Stop;
  if (drive_) {
    drive_->abort(reason, std::move(detail));
  } else if (!early_abort_) {
    early_abort_ = {reason, std::move(detail)};
  }
}

// --- what the drive asks ---

base::Result<> DrillRun::check_roles() const {
  const std::string primary = role(plan_, "primary");
  if (instances_->empty() || primary.empty()) return {};
  const std::string seen = instances_->baseline().primary;
  if (seen != primary) {
    return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("role primary is '{}', but {} takes writes now; make '{}' the primary first, "
                    "or set spec.roles to what is so",
                    primary, seen.empty() ? "no instance" : "'" + seen + "'", primary));
  }
  if (instances_->baseline().standbys == 0 && !role(plan_, "standby").empty()) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("role standby is '{}', but nothing streams from '{}'",
                                  role(plan_, "standby"), primary));
  }
  return {};
}

base::Result<> DrillRun::check_connections() const {
  TRY(std::size_t needed, instrument_->connections_max());
  if (setup_.second_vantage) needed *= 2;
  const api::ProbeSpec* loaded = api::loaded_probe(plan_);
  if (loaded != nullptr && loaded->action.kind == "postgres") {
    needed += static_cast<std::size_t>(plan_.load->users);
  }
  for (const auto& [name, view] : instances_->views()) {
    if (needed == 0 || view.sessions_max == 0 || view.sessions + needed <= view.sessions_max) {
      continue;
    }
    return base::fail(
        base::Code::ResourceExhausted,
        fmt::format(
            "probes{} and users may need {} connections to '{}', which has {} of {} in use: "
            "raise its max_connections or the role's limit, or lower writesPerSecond{}",
            setup_.second_vantage ? " of two vantages" : "", needed, name, view.sessions,
            view.sessions_max,
            setup_.second_vantage ? ", deadlineMillis or spec.vantages" : " or deadlineMillis"));
  }
  return {};
}

aio::Task<base::Result<>> DrillRun::begin(std::stop_token stop) {
  CO_TRY(co_await setup_.target.target->check(stop));
  CO_TRY(co_await actuator_->preflight(stop));
  if (const std::string described = one_line(setup_.target.target->description());
      !described.empty()) {
    drive_->chronicle().note(clock_.now(), drill::TimelineEvent::Kind::Note, "system", described);
  }
  ran_ = setup_.target.target->running();
  CO_TRY(co_await instances_->look(stop));
  instances_->keep_baseline();
  CO_TRY(check_roles());
  CO_TRY(save_baseline(setup_.dir, instances_->baseline()));
  CO_TRY(check_connections());
  CO_TRY(co_await instrument_->start(stop));
  co_await begin_second_vantage(stop);
  if (setup_.metrics != nullptr) {
    for (const probes::StreamStatus& stream : instrument_->statuses()) {
      setup_.metrics->declare_stream(plan_.name, stream.info.name);
    }
  }
  load_ = std::make_unique<UserLoad>(clock_, executor_, plan_, instrument_->service_address(),
                                     setup_.target.names, setup_.dir.id());
  CO_TRY(load_->start());
  tasks_->spawn(sample(tasks_->token()));
  tasks_->spawn(watch_instances(tasks_->token()));
  tasks_->spawn(guard_->run(tasks_->token()));
  co_return base::Result<>{};
}

/// When the ledger's table is there. One that does not begin costs the drill its figures.
aio::Task<> DrillRun::begin_second_vantage(std::stop_token stop) {
  if (!setup_.second_vantage) co_return;
  VantageAsk begin;
  begin.drill = setup_.dir.id();
  begin.plan = plan_digest(api::to_json(plan_.document));
  begin.key = instrument_->key();
  const std::string name = "vantage " + drill::vantage_name(begin.vantage);
  second_ = std::make_unique<SecondVantage>(
      clock_, executor_, setup_.second_vantage, std::move(begin),
      [this, name](bool bad, const std::string& text) {
        using Kind = drill::TimelineEvent::Kind;
        drive_->chronicle().note(clock_.now(), bad ? Kind::Warning : Kind::Note, name,
                                 one_line(text));
      });
  co_await second_->begin(std::move(stop));
}

aio::Task<drill::event::Preflighted> DrillRun::preflight(std::stop_token stop) {
  const auto begun = co_await begin(std::move(stop));
  co_return drill::event::Preflighted{begun.has_value(), begun ? "" : begun.error().message};
}

void DrillRun::observe(drill::action::Observe::What /*what*/) {
  // The same samples serve every purpose.
}

drill::event::Observed DrillRun::observed_now() const {
  const Availability availability = availability_of(instrument_->statuses(), clock_.now());
  drill::event::Observed observed;
  // Without a ledger nothing is sent any more: what the streams saw last is of the past.
  observed.instrument_healthy = !instrument_->blind();
  observed.service = observed.instrument_healthy ? availability.service : drill::Service::Unknown;
  observed.since = availability.since;
  observed.through = availability.through;
  observed.promoted = instances_->empty() ? drill::Seen::No : instances_->promoted();
  observed.redundancy = instances_->empty() ? drill::Seen::Yes : instances_->redundancy();
  observed.instrument_healthy = control_up(instrument_->statuses(), clock_.now());
  return observed;
}

aio::Task<drill::event::Observed> DrillRun::look(std::stop_token stop) {
  // A look that is cancelled answers with what was seen before.
  static_cast<void>(co_await instances_->look(std::move(stop)));
  drill::event::Observed observed = observed_now();
  const std::vector<std::string> run = setup_.target.target->running();
  std::set_difference(ran_.begin(), ran_.end(), run.begin(), run.end(),
                      std::back_inserter(observed.missing));
  co_return observed;
}

aio::Task<drill::FinalRead> DrillRun::read_table(drill::FinalRead::Which which,
                                                 std::string instance, probes::PgAddress address,
                                                 std::stop_token stop) {
  // All who write stop at the same time.
  if (second_) second_->stop_writing();
  co_await instrument_->stop_writing();
  if (second_) co_await second_->written(stop);
  co_return co_await instrument_->final_read(which, std::move(instance), std::move(address), stop);
}

aio::Task<base::Result<drill::FinalRead>> DrillRun::read_isolated(std::stop_token stop) {
  targets::Target& target = *setup_.target.target;
  const api::InstanceSpec* old = target.system().instance(instances_->baseline().primary);
  if (old == nullptr) co_return base::fail(base::Code::NotFound, "no old primary");
  const std::string process = old->process;
  CO_TRY(const std::string answers_at, co_await target.start_isolated(process, stop));
  const api::InstanceSpec* isolated = target.system().instance(answers_at);
  base::Result<drill::FinalRead> read =
      base::fail(base::Code::NotFound, "no instance '" + answers_at + "'");
  if (isolated != nullptr) {
    auto address = probes::pg_address(*isolated, setup_.target.names);
    if (address) {
      read = co_await read_table(drill::FinalRead::Which::OldPrimary, old->name, *address, stop);
    } else {
      read = tl::unexpected(address.error());
    }
  }
  CO_TRY(co_await target.stop_isolated(process, stop));
  co_return read;
}

aio::Task<base::Result<drill::FinalRead>> DrillRun::read_final(drill::FinalRead::Which which,
                                                               std::stop_token stop) {
  if (which == drill::FinalRead::Which::OldPrimary) co_return co_await read_isolated(stop);
  CO_TRY(co_await instances_->look(stop));
  const std::string primary = primary_of(instances_->views());
  const api::InstanceSpec* instance = setup_.target.target->system().instance(primary);
  if (instance == nullptr) {
    co_return base::fail(base::Code::Unavailable, "no instance takes writes: nothing to read");
  }
  CO_TRY(probes::PgAddress address, probes::pg_address(*instance, setup_.target.names));
  co_return co_await read_table(which, primary, std::move(address), stop);
}

aio::Task<drill::event::FinalReadDone> DrillRun::final_read(drill::FinalRead::Which which,
                                                            std::stop_token stop) {
  const auto read = co_await read_final(which, std::move(stop));
  if (!read) co_return drill::event::FinalReadDone{which, false, read.error().message};
  if (!read->complete) co_return drill::event::FinalReadDone{which, false, read->error};
  co_return drill::event::FinalReadDone{
      which, true, fmt::format("{} rows on {}", read->rows.size(), read->instance)};
}

std::optional<targets::ProbeWatch::View> DrillRun::view(const std::string& probe) const {
  std::optional<targets::ProbeWatch::View> out;
  const base::TimePoint now = clock_.now();
  for (const probes::StreamStatus& stream : instrument_->statuses()) {
    const bool named = stream.info.name == probe;
    const bool of_service = stream.info.probe == probe && stream.info.instance.empty();
    if ((!named && !of_service) || !stream.running) continue;
    const bool good = stream.good_since != base::kNever;
    if (!good && stream.bad_since == base::kNever) continue;
    const base::Duration lasting = now - (good ? stream.good_since : stream.bad_since);
    if (!out) {
      out = targets::ProbeWatch::View{good, lasting};
    } else if (out->good == good) {
      out->lasting = good ? std::min(out->lasting, lasting) : std::max(out->lasting, lasting);
    } else if (out->good) {
      out = targets::ProbeWatch::View{good, lasting};
    }
  }
  return out;
}

// --- what goes on beside the drive ---

aio::Task<base::Result<>> DrillRun::sample(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
    drive_->post(observed_now());
    sample_pool();
    tell_metrics();
    look_for_miss();
    show(false, nullptr);
  }
  co_return base::Result<>{};
}

void DrillRun::sample_pool() {
  const base::TimePoint now = clock_.now();
  if (!pool_.empty() && now - pool_.back().at < kInstancesEvery) return;
  const auto pool = load_->pool_stats();
  if (!pool) return;
  pool_.push_back(
      {now, static_cast<std::uint32_t>(pool->busy), static_cast<std::uint32_t>(pool->waiting)});
}

aio::Task<base::Result<>> DrillRun::watch_instances(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, kInstancesEvery, stop)) {
    if (!co_await instances_->look(stop)) break;
  }
  co_return base::Result<>{};
}

void DrillRun::tripped(const std::string& detail) {
  drive_->abort(drill::AbortReason::Guard, "abortWhen: " + detail);
}

void DrillRun::judged(const std::string& condition, const std::optional<std::string>& why) {
  using Kind = drill::TimelineEvent::Kind;
  drive_->chronicle().note(
      clock_.now(), why ? Kind::Warning : Kind::Note, "guard",
      one_line(why ? fmt::format("abortWhen {} guards nothing now: {}", condition, *why)
                   : fmt::format("abortWhen {} can be judged again", condition)));
}

bool DrillRun::approved(const std::string& step) const {
  return setup_.approvals != nullptr ? setup_.approvals->approved(step)
                                     : aio::file_exists(setup_.dir.approval(step));
}

void DrillRun::ask(const std::string& step, const std::string& message) {
  drive_->chronicle().note(clock_.now(), drill::TimelineEvent::Kind::Note, step,
                           one_line("waits for approval: " + message));
  if (setup_.approvals != nullptr) setup_.approvals->ask(step, message);
}

void DrillRun::answered(const std::string& step) {
  if (setup_.approvals != nullptr) setup_.approvals->answered(step);
}

aio::Task<base::Result<>> DrillRun::look_for_abort_request(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
    if (!aio::file_exists(setup_.dir.abort_request())) continue;
    const auto why = aio::read_file(setup_.dir.abort_request(), 4096);
    abort(drill::AbortReason::User, why && !why->empty() ? *why : "asked for by `drill abort`");
    break;
  }
  co_return base::Result<>{};
}

void DrillRun::listen_to_records() {
  // The sink calls neither after it is gone, and it goes with the instrument.
  instrument_->sink().notify(
      executor_,
      [this](const base::Error& error) {
        if (!drive_) return;
        const bool full = error.code == base::Code::ResourceExhausted;
        drive_->abort(full ? drill::AbortReason::DiskFull : drill::AbortReason::InstrumentLost,
                      "the ledger cannot be written: " + error.message);
      },
      [instrument = instrument_.get(), metrics = setup_.metrics,
       plan = plan_.name](const std::vector<drill::Record>& records) {
        if (metrics != nullptr) instrument->count(*metrics, plan, records);
      });
}

void DrillRun::tell_metrics() {
  if (setup_.metrics == nullptr) return;
  const auto& timeline = drive_->chronicle().timeline();
  for (; events_counted_ < timeline.size(); ++events_counted_) {
    const drill::TimelineEvent& event = timeline[events_counted_];
    setup_.metrics->count(plan_.name, event.kind);
    if (event.kind != drill::TimelineEvent::Kind::PhaseBegan) continue;
    if (phase_counted_) {
      setup_.metrics->phase_took(plan_.name, phase_counted_->first,
                                 event.at - phase_counted_->second);
    }
    phase_counted_.emplace(phase_named(event.subject), event.at);
  }
  setup_.metrics->state(drive_->engine().state());
}

void DrillRun::show(bool final_state, const drill::Report* report) {
  const LiveInputs inputs{setup_.dir.id(), plan_,    setup_.target.target->system().name,
                          getpid(),        started_, started_wall_};
  DrillStatus status = live_status(inputs, drive_->engine(), drive_->chronicle(),
                                   instrument_->statuses(), clock_.now());
  status.finished = final_state;
  if (report != nullptr) {
    status.verdict = drill::name(report->verdict);
    status.reason = report->reasons.empty() ? "" : report->reasons.front();
    const int code = exit_code(*report);
    status.exit_code = user_abort_ && code != 1 ? 130 : code;
  }
  save_status(setup_.dir, status);
  if (setup_.show) setup_.show(status);
}

// --- from beginning to end ---

aio::Task<base::Result<DrillRun::Result>> DrillRun::run() {
  started_ = clock_.now();
  started_wall_ = clock_.wall_now();
  anchors_.push_back({started_, started_wall_});
  std::unique_ptr<store::JournalFile> file = std::move(setup_.journal);
  if (!file) {
    CO_TRY(file, store::open_journal_file(setup_.dir.journal()));
  }
  CO_TRY(journal_, store::UndoJournal::create(std::move(file), setup_.dir.id()));
  const api::LocalSystem& system = setup_.target.target->system();
  CO_TRY(instances_, InstanceWatch::create(clock_, system, setup_.target.names));
  sql_.emplace(instances_->instances());
  context_.emplace(targets::Context{*setup_.target.target, clock_, setup_.catalog, &*sql_,
                                    setup_.http, this, this});
  instrument_ = std::make_unique<Instrument>(clock_, executor_, setup_.dir, plan_, system,
                                             setup_.target.names);
  guard_.emplace(*context_, plan_.guard.abort_when, static_cast<AbortGuard::Events&>(*this));
  listen_to_records();
  actuator_ = std::make_unique<Actuator>(plan_, *context_, *journal_, setup_.confirm);
  drill::EngineConfig config = engine_config(plan_, setup_.catalog);
  config.isolated_cross_check = can_isolate(plan_, system);
  drive_ = std::make_unique<Drive>(clock_, executor_, drill::Engine(std::move(config)), *actuator_,
                                   *this, *journal_);
  drive_->chronicle().listen([this](const drill::TimelineEvent& entry) {
    if (setup_.accounting != nullptr) setup_.accounting->audit->tell(entry);
    if (setup_.story) setup_.story(entry);
  });
  tasks_ = std::make_unique<aio::TaskGroup>(executor_);
  tasks_->spawn(look_for_abort_request(tasks_->token()));
  if (early_abort_) drive_->abort(early_abort_->reason, early_abort_->detail);
  tell_start();
  const drill::action::Finish finish = co_await drive_->run();
  tasks_->cancel();
  static_cast<void>(co_await tasks_->join());
  co_return co_await conclude(finish);
}

void DrillRun::gather(drill::Evidence& evidence) {
  evidence.drill_id = setup_.dir.id();
  evidence.profile = plan_.profile;
  evidence.place = setup_.place;
  evidence.versions = setup_.versions;
  evidence.old_primary = instances_->baseline().primary;
  evidence.new_primary = instances_->promoted_to();
  evidence.lag = instances_->lag();
  evidence.looks = instances_->looks();
  evidence.pool = pool_;
  if (evidence.anchors.empty()) evidence.anchors = anchors_;        // the prober never ran
  if (setup_.notifier != nullptr) setup_.notifier->on_failure({});  // the timeline ends here
  drive_->chronicle().fill(evidence);
}

aio::Task<base::Result<>> DrillRun::drop_table() {
  if (!instrument_->service_address()) co_return base::Result<>{};
  aio::Deadline limit(clock_, executor_, clock_.now() + kDropWithin, {});
  // At the primary itself, because the service may be what is broken.
  const api::InstanceSpec* primary =
      setup_.target.target->system().instance(primary_of(instances_->views()));
  if (primary != nullptr) {
    CO_TRY(probes::PgAddress address, probes::pg_address(*primary, setup_.target.names));
    if (co_await instrument_->drop_table(std::move(address), limit.token())) {
      co_return co_await drop_ended_ledgers(setup_.state, instances_->instances(), primary->name,
                                            limit.token());
    }
  }
  co_return co_await instrument_->drop_table(*instrument_->service_address(), limit.token());
}

aio::Task<base::Result<DrillRun::Result>> DrillRun::conclude(drill::action::Finish finish) {
  Result result;
  result.aborted_by_user = user_abort_;
  if (load_) static_cast<void>(co_await load_->stop());
  anchors_.push_back({clock_.now(), clock_.wall_now()});
  if (second_) second_->finish();
  drill::Evidence evidence;
  if (const auto finished = co_await instrument_->finish(evidence); !finished) {
    result.problems.push_back("the ledger: " + finished.error().message);
  }
  // In the order of their streams: those of the load are the runner's last.
  if (load_) load_->fill(evidence);
  if (second_) co_await second_->into(evidence);
  if (const auto dropped = co_await drop_table(); !dropped) {
    result.problems.push_back(
        fmt::format("the drill's table is still in the database: {}", dropped.error().message));
  }
  gather(evidence);
  drill::AssessConfig config = assess_config(plan_, setup_.dir.path);
  config.final_state = drive_->engine().state();
  result.report = drill::assess(config, evidence);
  result.report.started = started_wall_;
  result.report.finished = clock_.wall_now();
  if (const auto record = track_record(setup_.state, plan_.name, config.spec_digest,
                                       drill::summarize(result.report))) {
    result.report.history = *record;
  }
  for (std::string& problem : save_results(setup_.state, setup_.dir, result.report, evidence)) {
    result.problems.push_back(std::move(problem));
  }
  if (setup_.accounting != nullptr) {
    for (std::string& problem :
         conclude_accounting(*setup_.accounting, setup_.dir, plan_, result.report, evidence)) {
      result.problems.push_back(std::move(problem));
    }
  }
  result.problems.insert(result.problems.end(), finish.problems.begin(), finish.problems.end());
  if (setup_.metrics != nullptr) {
    tell_metrics();
    setup_.metrics->finished(drill::summarize(result.report));
    if (result.report.history) {
      const drill::ObjectiveHistory& rto = result.report.history->rto;
      const drill::ObjectiveHistory& rpo = result.report.history->rpo;
      std::optional<metrics::ComplianceRatio> of_rpo;
      if (rpo.of > 0) of_rpo = {rpo.ratio, rpo.lower_bound};
      setup_.metrics->compliance(plan_.name, {rto.ratio, rto.lower_bound}, of_rpo);
    }
  }
  tell_end(result.report);
  show(true, &result.report);
  co_return result;
}

}  // namespace runner
