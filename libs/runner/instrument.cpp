#include "runner/instrument.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "aio/entropy.h"
#include "aio/event.h"
#include "aio/file.h"
#include "probes/pg_pool.h"
#include "probes/probe_postgres.h"

namespace runner {
namespace {

constexpr std::size_t kKeyBytes = 32;

/// What stands for the HMAC key in the drill's folder: a later reader can check the rows again.
std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

base::Duration Instrument::deadline_default(const api::RecoveryPlan& plan) {
  for (const api::Criterion& criterion : plan.degraded) {
    if (criterion.metric == "ApiResponseMillis" && criterion.operation.empty()) {
      return base::millis(static_cast<std::int64_t>(criterion.target));
    }
  }
  return base::seconds(1);
}

Instrument::Instrument(aio::Clock& clock, aio::Executor executor, DrillDir dir,
                       const api::RecoveryPlan& plan, const api::LocalSystem& system,
                       std::shared_ptr<net::Names> names, InstrumentSeat seat)
    : clock_(clock),
      executor_(std::move(executor)),
      dir_(std::move(dir)),
      plan_(plan),
      system_(system),
      names_(std::move(names)),
      vantage_(seat.vantage),
      pg_servers_(servers_),
      key_(seat.key.empty() ? aio::random_bytes(kKeyBytes) : std::move(seat.key)),
      table_(dir_.id(), key_),
      kinds_(probes::probe_kinds()) {}

Instrument::~Instrument() {
  if (prober_) prober_->stop();
}

base::Result<> Instrument::find_service() {
  for (const api::ProbeSpec& probe : plan_.probes) {
    if (probe.action.kind != "postgres") continue;
    TRY(const probes::PgProbe resolved,
        probes::pg_probe_of(system_, names_, probe.name, probe.action.params,
                            deadline_default(plan_)));
    service_ = resolved.service;
    return {};
  }
  return {};
}

base::Result<std::size_t> Instrument::connections_max() const {
  std::size_t sum = 0;
  for (const api::ProbeSpec& probe : plan_.probes) {
    if (probe.action.kind != "postgres") continue;
    TRY(probes::PgProbe resolved,
        probes::pg_probe_of(system_, names_, probe.name, probe.action.params,
                            deadline_default(plan_)));
    // The service leads to one server at a time; the streams of the other instances go elsewhere.
    if (resolved.instances.size() > 1) resolved.instances.resize(1);
    sum += probes::connections_max(resolved);
  }
  return sum;
}

aio::Task<base::Result<>> Instrument::run_query(probes::PgAddress address, probes::PgQuery query,
                                                std::stop_token stop) {
  probes::PgPoolSettings settings;
  settings.address = std::move(address);
  settings.size = 1;
  probes::PgPool pool(executor_, clock_, settings);
  auto done = co_await pool.query(std::move(query), std::move(stop));
  if (!done) co_return base::fail(base::Code::Unavailable, done.error().message);
  co_return base::Result<>{};
}

aio::Task<base::Result<>> Instrument::create_table(std::stop_token stop) {
  if (!service_ || vantage_ > 0) co_return base::Result<>{};
  auto made = co_await run_query(*service_, table_.create(), std::move(stop));
  if (!made) co_return tl::unexpected(made.error().with("making the ledger table"));
  table_made_ = true;
  co_return aio::write_file_atomic(dir_.path + "/ledger.key", hex(key_) + "\n", 0600);
}

base::Result<> Instrument::add_stream(probes::BuiltStream built) {
  if (vantage_ > 0) {
    built.spec.info.name = drill::vantage_name(vantage_) + "/" + built.spec.info.name;
  }
  const std::string name = built.spec.info.name;
  auto id = prober_->add(std::move(built.spec), std::move(built.operation));
  if (!id) return tl::unexpected(id.error().with("stream " + name));
  if (built.added) built.added(*id);
  return {};
}

void Instrument::choose_decider(drill::StreamInfo& info) {
  if (!plan_.objectives.decided_by.empty()) {
    const auto chosen = deciding_.find(info.name);
    info.decides = chosen != deciding_.end();
    if (info.decides) chosen->second = true;
  }
  any_decides_ |= info.decides;
}

base::Result<> Instrument::add_streams() {
  for (const std::string& name : plan_.objectives.decided_by) deciding_[name] = false;
  probes::ProbeContext context{system_, servers_, table_, pg_servers_, deadline_default(plan_),
                               names_,  dir_.id()};
  for (const api::ProbeSpec& probe : plan_.probes) {
    const auto kind = std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& candidate) {
      return candidate->kind().name == probe.action.kind;
    });
    if (kind == kinds_.end()) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("probe '{}': no kind '{}'", probe.name, probe.action.kind));
    }
    TRY(auto streams, (*kind)->build(context, probe.name, probe.action.params));
    for (probes::BuiltStream& stream : streams) {
      if (probe.control) {
        stream.spec.info.kind = drill::StreamKind::Control;
        stream.spec.info.decides = false;
      }
      if (!probe.signal.empty()) stream.spec.info.signal = probe.signal;
      choose_decider(stream.spec.info);
      TRY(add_stream(std::move(stream)));
    }
  }
  if (std::none_of(deciding_.begin(), deciding_.end(), [](const auto& d) { return d.second; }) &&
      !any_decides_) {
    return base::fail(
        base::Code::InvalidArgument,
        "no stream decides: give a postgres probe, or set `decides: true` on a probe");
  }
  for (const auto& [name, found] : deciding_) {
    if (found) continue;
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("spec.objectives.decidedBy: there is no stream '{}'", name));
  }
  TRY(auto instrument_streams, reference_->streams());
  for (probes::BuiltStream& stream : instrument_streams) {
    TRY(add_stream(std::move(stream)));
  }
  return {};
}

aio::Task<base::Result<>> Instrument::start(std::stop_token stop) {
  CO_TRY(find_service());
  CO_TRY(co_await create_table(stop));
  CO_TRY(auto file, store::create_ledger_file(dir_.ledger()));
  CO_TRY(ledger_, store::LedgerWriter::create(std::move(file), dir_.id(),
                                              {clock_.now(), clock_.wall_now()}));
  CO_TRY(reference_, co_await Reference::start(clock_, aio::seed(), stop));
  const std::size_t first = vantage_ * drill::kStreamsPerVantage + 1;
  prober_ = std::make_unique<probes::Prober>(sink_, ledger_.get(),
                                             drill::StreamId(static_cast<std::uint16_t>(first)));
  CO_TRY(add_streams());
  for (const drill::StreamInfo& info : prober_->streams()) infos_[info.id] = info;
  prober_->start_all();
  co_return base::Result<>{};
}

std::vector<probes::StreamStatus> Instrument::statuses() const {
  return prober_ ? prober_->statuses() : std::vector<probes::StreamStatus>{};
}

bool Instrument::blind() const {
  return ledger_ && ledger_->failed();
}

void Instrument::count(metrics::DrillMetrics& metrics, const std::string& plan,
                       const std::vector<drill::Record>& records) const {
  for (const drill::Record& record : records) {
    const auto info = infos_.find(record.stream);
    if (info == infos_.end()) continue;
    // What was never sent is no answer, but the report counts it too: the figures must agree.
    metrics.probe(plan, info->second.name, record.outcome, record.completed - record.scheduled);
    if (info->second.kind == drill::StreamKind::Ledger) metrics.ledger_write(plan, record.outcome);
  }
}

aio::Task<> Instrument::stop_writing() {
  if (ledger_stopped_ || !prober_) co_return;
  ledger_stopped_ = true;
  std::size_t open = 0;
  aio::Event drained(executor_);
  for (const drill::StreamInfo& stream : prober_->streams()) {
    if (stream.kind != drill::StreamKind::Ledger) continue;
    ++open;
    prober_->stop(stream.id, [this, &open, &drained] {
      boost::asio::post(executor_, [&open, &drained] {
        if (--open == 0) drained.set();
      });
    });
  }
  // Bounded by the acknowledgement timeout of the streams; not cancelled, because the callbacks
  // refer to this frame.
  if (open > 0) co_await drained.wait();
}

aio::Task<drill::FinalRead> Instrument::final_read(drill::FinalRead::Which which,
                                                   std::string instance, probes::PgAddress address,
                                                   std::stop_token stop) {
  co_await stop_writing();
  probes::PgFinalReadSpec spec;
  spec.which = which;
  spec.instance = std::move(instance);
  spec.address = std::move(address);
  drill::FinalRead read =
      co_await probes::read_ledger_table(clock_, table_, std::move(spec), std::move(stop));
  // A read that was repeated takes the place of the one that failed.
  std::erase_if(final_reads_, [&](const drill::FinalRead& old) { return old.which == which; });
  final_reads_.push_back(read);
  co_return read;
}

aio::Task<base::Result<>> Instrument::drop_table(probes::PgAddress address, std::stop_token stop) {
  if (!table_made_) co_return base::Result<>{};
  auto dropped = co_await run_query(std::move(address), table_.drop(), std::move(stop));
  if (dropped) table_made_ = false;
  co_return dropped;
}

aio::Task<base::Result<>> Instrument::finish(drill::Evidence& evidence) {
  base::Result<> closed;
  if (prober_) {
    evidence.streams = prober_->streams();
    prober_->stop();
  }
  if (ledger_) closed = ledger_->close();
  if (reference_) {
    // The outages that were told are evidence; a responder that cannot be ended is not.
    if (auto outages = co_await reference_->finish()) evidence.reference_outages = *outages;
  }
  RecordSink::Contents contents = sink_.take();
  std::sort(contents.records.begin(), contents.records.end(),
            [](const drill::Record& a, const drill::Record& b) {
              return std::pair(a.stream, a.seq) < std::pair(b.stream, b.seq);
            });
  evidence.records = std::move(contents.records);
  evidence.stalls = std::move(contents.stalls);
  evidence.anchors = std::move(contents.anchors);
  evidence.final_reads = std::move(final_reads_);
  for (const probes::ServerTable::Server& server : servers_.all()) {
    evidence.servers.push_back(server.name);
    evidence.server_instances.push_back(server.instance);
  }
  co_return closed;
}

}  // namespace runner
