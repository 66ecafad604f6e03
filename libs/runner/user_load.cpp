#include "runner/user_load.h"

#include <algorithm>
#include <utility>

#include "runner/instrument.h"

namespace runner {
namespace {

/// Above every number that the prober gives.
constexpr std::uint16_t kCapacityStream = 60000;

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

/// The probe that the load goes with: the plan's choice, else its first database.
std::string probe_name(const api::RecoveryPlan& plan) {
  if (!plan.load->probe.empty()) return plan.load->probe;
  for (const api::ProbeSpec& probe : plan.probes) {
    if (probe.action.kind == "postgres") return probe.name;
  }
  return "";
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
                   std::optional<probes::PgAddress> service, std::uint64_t seed)
    : clock_(clock),
      executor_(std::move(executor)),
      plan_(plan),
      service_(std::move(service)),
      seed_(seed) {}

base::Result<probes::LoadPlan> UserLoad::load_plan() const {
  probes::LoadPlan out;
  out.users = static_cast<int>(plan_.load->users);
  out.operations_per_minute = static_cast<int>(plan_.load->operations_per_minute);
  out.seed = seed_;
  // Users in turn, so that a window of a few seconds has every one of them; a Poisson process
  // leaves one of six out of twenty operations in one window of seven.
  out.process = load::Process::Constant;
  std::vector<probes::LoadStatement> mix;
  for (const api::LoadOperation& operation : plan_.load->mix) {
    mix.push_back({operation.name, static_cast<int>(operation.share), operation.statement});
  }
  TRY(out.mix, probes::with_defaults(std::move(mix)));
  return out;
}

std::optional<probes::CapacityPlan> UserLoad::capacity_plan() const {
  const double target = throughput_target(plan_);
  const auto statement = probes::default_statement("read");
  if (target <= 0 || !statement) return std::nullopt;
  probes::CapacityPlan out;
  out.stream = drill::StreamId(kCapacityStream);
  out.target_per_second = target;
  out.rise = base::seconds(5);
  out.statement = *statement;
  out.seed = seed_ + 1;
  out.deadline = Instrument::deadline_default(plan_);
  return out;
}

base::Result<> UserLoad::start() {
  if (!plan_.load || !service_) return {};
  probes::PgPoolSettings settings;
  settings.address = *service_;
  TRY(probes::LoadPlan load, load_plan());
  user_pool_ = std::make_unique<probes::PgPool>(executor_, clock_, settings);
  users_ = std::make_unique<probes::LoadRunner>(
      clock_, *user_pool_, std::move(load),
      [this](const drill::LoadSample& sample) { samples_.push_back(sample); });
  tasks_ = std::make_unique<aio::TaskGroup>(executor_);
  tasks_->spawn(users_->run(tasks_->token()));
  if (const auto capacity = capacity_plan()) {
    capacity_stream_ = probes::capacity_stream(*capacity, probe_name(plan_), service_->host);
    capacity_pool_ = std::make_unique<probes::PgPool>(executor_, clock_, settings);
    capacity_ = std::make_unique<probes::CapacityRunner>(
        clock_, *capacity_pool_, *capacity,
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
