#include "sidecar/limit_sharing.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sidecar/log.h"
#include "sidecar/metric_text.h"

namespace sidecar {
namespace {

constexpr base::Duration kEvery = base::millis(100);
constexpr base::Duration kKept = base::seconds(10);
constexpr std::size_t kPendingMax = 65'536;
constexpr std::size_t kBatchMax = 500;  // admissions of one round trip
/// Of a Redis that is to be heard; its answer has a second.
constexpr base::Duration kAskEvery = base::seconds(1);
constexpr std::size_t kCommandsOfOne = 2;  // INCRBY, PEXPIRE

std::int64_t number_of(const redis::Answer& answer) {
  std::int64_t out = 0;
  std::from_chars(answer.text.data(), answer.text.data() + answer.text.size(), out);
  return out;
}

RedisLink::Use words(const RedisSettings& settings) {
  return {.works = "limits are shared",
          .fails = settings.fail_closed ? "limits are not shared: what they count will be refused"
                                        : "limits are not shared: each replica counts by itself"};
}

}  // namespace

base::Result<std::unique_ptr<LimitSharing>> LimitSharing::create(aio::Clock& clock,
                                                                 const aio::Executor& executor,
                                                                 const RedisSettings& settings,
                                                                 Shared& shared,
                                                                 std::uint64_t seed) {
  std::unique_ptr<LimitSharing> out(new LimitSharing(clock, shared, settings));
  TRY(out->link_, RedisLink::create(executor, settings, seed, words(settings)));
  return out;
}

LimitSharing::InForce::InForce(std::shared_ptr<Protection> rules,
                               std::vector<std::shared_ptr<limit::AdmissionLog>> of)
    : protection(std::move(rules)),
      logs(std::move(of)),
      limiter(protection->rules(), protection->table(), limit::Sharing::Threads) {}

std::uint64_t LimitSharing::InForce::lost() const {
  std::uint64_t out = 0;
  for (const auto& log : logs) out += log->lost();
  return out;
}

LimitSharing::LimitSharing(aio::Clock& clock, Shared& shared, const RedisSettings& settings)
    : clock_(clock),
      shared_(shared),
      prefix_(settings.prefix),
      fail_closed_(settings.fail_closed),
      closed_after_(settings.closed_after),
      heard_(clock.now()) {
  follow();
}

aio::Task<base::Result<>> LimitSharing::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    turn();
    co_await aio::wait_for(clock_, kEvery, stop);
  }
  turn();  // what was let in since the last one
  link_->close();
  co_return base::Result<>{};
}

void LimitSharing::turn() {
  if (in_force_ != nullptr) collect(*in_force_);
  link_->tend(clock_.now());
  if (!link_->connected()) dropped_ += std::exchange(asked_, 0);  // with the link that broke
  if (in_force_ != nullptr && link_->ready() && !in_force_->pending.empty()) tell(in_force_);
  follow();
  if (fail_closed_) listen();
  heed_silence();
}

/// A Redis that hangs is silent also while nobody has anything to tell it. It is asked to write:
/// one that is full, or follows another, answers what it is asked to read and counts nothing.
void LimitSharing::listen() {
  const base::TimePoint now = clock_.now();
  if (!link_->ready() || now - heard_ < kAskEvery) return;
  const std::string name = prefix_ + ":heard";
  link_->ask(
      redis::command({"INCRBY", name, "0"}) + redis::command({"PEXPIRE", name, "60000"}),
      kCommandsOfOne, [this](const RedisLink::Answers&) { heard_ = clock_.now(); }, now);
}

void LimitSharing::heed_silence() {
  const bool closed = fail_closed_ && !link_->connected() && clock_.now() - heard_ >= closed_after_;
  if (shared_.limits_closed.exchange(closed) == closed) return;
  log(closed ? Level::Error : Level::Info,
      closed ? "what limits count is refused until Redis is heard again"
             : "what limits count is let in again");
}

/// The rules that are in force now.
void LimitSharing::follow() {
  const std::shared_ptr<Protection> before = in_force_ ? in_force_->protection : nullptr;
  if (before == shared_.protection) return;
  if (in_force_ != nullptr) dropped_ += in_force_->pending.size() + in_force_->lost();
  in_force_ = shared_.protection == nullptr
                  ? nullptr
                  : std::make_shared<InForce>(shared_.protection, shared_.admissions);
}

void LimitSharing::collect(InForce& in_force) {
  std::vector<limit::Admissions>& pending = in_force.pending;
  const base::TimePoint down = link_->down_since();
  if (down != base::kNever && clock_.now() - down > kKept) {
    dropped_ += pending.size();
    pending.clear();
  }
  for (const auto& log : in_force.logs) {
    for (const limit::Admissions& each : log->take()) {
      if (pending.size() < kPendingMax) {
        pending.push_back(each);
      } else {
        ++dropped_;
      }
    }
  }
}

void LimitSharing::tell(const std::shared_ptr<InForce>& in_force) {
  std::vector<limit::Admissions>& pending = in_force->pending;
  const base::WallTime now = clock_.wall_now();
  const std::size_t count = std::min(pending.size(), kBatchMax);
  std::vector<Told> told;
  std::string commands;
  std::uint64_t requests = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const limit::Admissions& each = pending[i];
    const limit::Rule& rule = in_force->protection->rules().all()[each.rule];
    for (std::size_t w = 0; w < rule.windows.size(); ++w) {
      const limit::SharedNumber number =
          limit::shared_number(prefix_, rule, rule.windows[w].limit(), each.client, now);
      commands += redis::command({"INCRBY", number.name, std::to_string(each.count)});
      commands += redis::command({"PEXPIRE", number.name, std::to_string(number.ends_after)});
      told.push_back({each.client, {each.rule, static_cast<std::uint8_t>(w)}});
    }
    requests += each.count;
  }
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(count));
  const std::size_t answers = told.size() * kCommandsOfOne;
  asked_ = count;
  link_->ask(
      commands, answers,
      [this, requests, in_force, told = std::move(told)](const RedisLink::Answers& said) {
        asked_ = 0;
        told_ += requests;
        heard_ = clock_.now();
        heard(*in_force, told, said);
        // More than one round trip carries: on at once.
        if (link_->ready() && !in_force->pending.empty()) tell(in_force);
      },
      clock_.now());
}

void LimitSharing::heard(InForce& in_force, const std::vector<Told>& told,
                         const RedisLink::Answers& answers) {
  ++rounds_;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const Told& each = told[i];
    const std::uint32_t total = limit::shared_total(number_of(answers[i * kCommandsOfOne]));
    raised_ += in_force.limiter.raise(each.client, each.limit, total, clock_.now());
  }
}

std::string LimitSharing::exposition() const {
  std::string out;
  const auto one = [&out](const char* name, const char* type, const char* help,
                          std::uint64_t value) {
    out += metric(fmt::format("muster_sidecar_limit_sharing_{}", name), type, help, value);
  };
  const std::uint64_t lost = dropped_ + (in_force_ != nullptr ? in_force_->lost() : 0);
  one("connected", "gauge", "Whether there is a link to Redis.", link_->connected() ? 1 : 0);
  if (fail_closed_) {
    one("closed", "gauge", "1 while what limits count is refused for want of Redis.",
        shared_.limits_closed ? 1 : 0);
  }
  one("failures_total", "counter", "Links to Redis that failed.", link_->failures());
  one("rounds_total", "counter", "Batches that Redis answered.", rounds_);
  one("told_total", "counter", "Requests that were let in here and told, for each rule.", told_);
  one("raised_total", "counter", "Requests of other replicas that were learnt of.", raised_);
  one("lost_total", "counter", "Counts of clients that could not be told.", lost);
  return out;
}

}  // namespace sidecar
