#include "runner/user_load.h"

#include <algorithm>
#include <utility>

#include "probes/http_load.h"
#include "probes/pg_load.h"
#include "runner/instrument.h"

namespace runner {
namespace {

/// Above every number that the prober gives, and below the first of the second vantage.
constexpr std::uint16_t kCapacityStream = drill::kStreamsPerVantage - 1;

double throughput_target(const api::RecoveryPlan& plan) {
  double target = 0;
  for (const auto* criteria : {&plan.degraded, &plan.validation}) {
    for (const api::Criterion& criterion : *criteria) {
      if (criterion.metric != "RequestsPerSecond" || !criterion.operation.empty()) continue;
      target = std::max(target, criterion.target);
    }
  }
  return target;
}

/// Connections that the capacity reads may have.
constexpr std::size_t kCapacityLines = 10;

base::Result<probes::HttpExchange> exchange_of(const api::HttpRequestSpec& request,
                                               const probes::HttpSite& site) {
  probes::HttpExchange out;
  out.method = request.method;
  out.path = request.path;
  out.host = site.target.address.text();
  out.body = request.body;
  out.body_contains = request.contains;
  out.signer = site.signer;
  TRY(out.statuses, probes::statuses_of(request.status));
  return out;
}

/// The same, for capacity reads: the first operation that changes nothing and needs no login.
std::optional<probes::HttpLoad> reads_of(const probes::HttpLoad& load) {
  for (const probes::HttpLoadOperation& operation : load.operations) {
    if (operation.secured || operation.exchange.method != "GET") continue;
    probes::HttpLoad out = load;
    out.operations = {operation};
    out.login.reset();
    return out;
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t load_seed(const std::string& drill_id) {
  // FNV-1a. 32 bits, so that every reader of JSON gets the number that stands there.
  std::uint32_t hash = 2166136261U;
  for (const char c : drill_id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return hash;
}

UserLoad::UserLoad(aio::Clock& clock, aio::Executor executor, const api::RecoveryPlan& plan,
                   std::optional<probes::PgAddress> service, std::shared_ptr<net::Names> names,
                   std::string drill)
    : clock_(clock),
      executor_(std::move(executor)),
      plan_(plan),
      service_(std::move(service)),
      names_(std::move(names)),
      drill_(std::move(drill)),
      seed_(load_seed(drill_)) {}

probes::LoadPlan UserLoad::load_plan() const {
  probes::LoadPlan out;
  out.users = static_cast<int>(plan_.load->users);
  out.operations_per_minute = static_cast<int>(plan_.load->operations_per_minute);
  out.seed = seed_;
  // Users in turn, so that a window of a few seconds has every one of them; a Poisson process
  // leaves one of six out of twenty operations in one window of seven.
  out.process = load::Process::Constant;
  for (const api::LoadOperation& operation : plan_.load->mix) {
    out.mix.push_back({operation.name, static_cast<int>(operation.share)});
  }
  return out;
}

std::optional<probes::CapacityPlan> UserLoad::capacity_plan() const {
  const double target = throughput_target(plan_);
  if (target <= 0 || !capacity_sender_) return std::nullopt;
  probes::CapacityPlan out;
  out.stream = drill::StreamId(kCapacityStream);
  out.target_per_second = target;
  out.rise = base::seconds(5);
  out.seed = seed_ + 1;
  out.deadline = Instrument::deadline_default(plan_);
  return out;
}

base::Result<> UserLoad::make_statement_senders() {
  std::vector<probes::LoadStatement> mix;
  for (const api::LoadOperation& operation : plan_.load->mix) {
    mix.push_back({operation.name, operation.statement});
  }
  TRY(mix, probes::with_defaults(std::move(mix)));
  TRY(std::string read, probes::default_statement("read"));
  std::vector<probes::LoadStatement> reads = {{"read", std::move(read)}};
  probes::PgPoolSettings settings;
  settings.address = *service_;
  settings.query_timeout = base::seconds(plan_.load->timeout_seconds);
  endpoint_ = service_->host;
  user_pool_ = std::make_unique<probes::PgPool>(executor_, clock_, settings);
  capacity_pool_ = std::make_unique<probes::PgPool>(executor_, clock_, settings);
  user_sender_ =
      std::make_unique<probes::PgLoadSender>(clock_, *user_pool_, std::move(mix), "muster_load");
  capacity_sender_ = std::make_unique<probes::PgLoadSender>(clock_, *capacity_pool_,
                                                            std::move(reads), "muster_capacity");
  return {};
}

base::Result<> UserLoad::make_request_senders(const api::ProbeSpec& probe) {
  using Sender = probes::HttpLoadSender;
  TRY(const probes::HttpSite site, probes::http_site(probe.action.params, names_, drill_));
  probes::HttpLoad load;
  load.target = site.target;
  load.time_limit = base::seconds(plan_.load->timeout_seconds);
  if (plan_.load->login) {
    TRY(load.login, exchange_of(*plan_.load->login, site));
  }
  for (const api::LoadOperation& operation : plan_.load->mix) {
    if (!operation.request) {
      return base::fail(base::Code::InvalidArgument,
                        "load operation " + operation.name + " has no request");
    }
    TRY(probes::HttpExchange exchange, exchange_of(*operation.request, site));
    load.operations.push_back({std::move(exchange), operation.secured});
  }
  endpoint_ = site.target.address.text();
  if (const auto reads = reads_of(load)) {
    TRY(capacity_sender_,
        Sender::create(clock_, executor_, *reads, kCapacityLines, Sender::Lines::Shared));
  }
  TRY(user_sender_,
      Sender::create(clock_, executor_, std::move(load),
                     static_cast<std::size_t>(plan_.load->users), Sender::Lines::OfUsers));
  return {};
}

base::Result<> UserLoad::start() {
  const api::ProbeSpec* probe = api::loaded_probe(plan_);
  if (probe == nullptr) return {};
  if (probe->action.kind == "http") {
    TRY(make_request_senders(*probe));
  } else if (service_) {
    TRY(make_statement_senders());
  } else {
    return {};
  }
  users_ = std::make_unique<probes::LoadRunner>(
      clock_, *user_sender_, load_plan(),
      [this](const drill::LoadSample& sample) { samples_.push_back(sample); });
  tasks_ = std::make_unique<aio::TaskGroup>(executor_);
  tasks_->spawn(users_->run(tasks_->token()));
  if (const auto capacity = capacity_plan()) {
    capacity_stream_ = probes::capacity_stream(*capacity, probe->name, endpoint_);
    capacity_ = std::make_unique<probes::CapacityRunner>(
        clock_, *capacity_sender_, *capacity,
        [this](const drill::Record& record) { capacity_records_.push_back(record); });
    tasks_->spawn(capacity_->run(tasks_->token()));
  }
  return {};
}

aio::Task<base::Result<>> UserLoad::stop() {
  if (!tasks_) co_return base::Result<>{};
  tasks_->cancel();
  auto ended = co_await tasks_->join();
  tasks_.reset();
  co_return ended;
}

std::optional<probes::PgPoolStats> UserLoad::pool_stats() const {
  if (!user_pool_) return std::nullopt;
  return user_pool_->stats();
}

void UserLoad::fill(drill::Evidence& evidence) {
  if (plan_.load) {
    for (const api::LoadOperation& operation : plan_.load->mix) {
      evidence.load_operations.push_back(operation.name);
    }
  }
  evidence.load = std::move(samples_);
  if (users_) evidence.load_seed = seed_;
  if (!capacity_stream_) return;
  std::sort(capacity_records_.begin(), capacity_records_.end(),
            [](const drill::Record& a, const drill::Record& b) { return a.seq < b.seq; });
  evidence.streams.push_back(*capacity_stream_);
  evidence.records.insert(evidence.records.end(), capacity_records_.begin(),
                          capacity_records_.end());
}

}  // namespace runner
