#include "kube/leader_election.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/task_group.h"
#include "api/node.h"
#include "kube/inbox.h"
#include "kube/informer.h"
#include "kube/store.h"

namespace kube {
namespace {

using lease_event::Answered;

constexpr std::int64_t kLongestSeconds = std::int64_t{1} << 31U;  // the API has 32 bits
const Resource kLeases{"coordination.k8s.io", "v1", "Lease", "leases", true};

base::Result<base::WallTime> time_of(const api::Node& node) {
  if (!node.is_string()) return base::WallTime{};
  return parse_time(node.as_string());
}

}  // namespace

base::Result<LeaseRecord> parse_lease(std::string_view json) {
  TRY(const api::Node lease, api::parse_json(json));
  if (const api::Node& kind = lease["kind"]; kind.is_string() && kind.as_string() != "Lease") {
    return base::fail(base::Code::InvalidArgument, "a Lease is needed, not a " + kind.as_string());
  }
  const api::Node& spec = lease["spec"];
  LeaseRecord out;
  out.version = lease["metadata"]["resourceVersion"].as_string();
  out.holder = spec["holderIdentity"].as_string();
  const std::int64_t seconds = spec["leaseDurationSeconds"].as_int();
  out.duration = base::seconds(std::clamp<std::int64_t>(seconds, 0, kLongestSeconds));
  out.transitions = static_cast<std::uint32_t>(spec["leaseTransitions"].as_int());
  TRY(out.acquired, time_of(spec["acquireTime"]));
  TRY(out.renewed, time_of(spec["renewTime"]));
  return out;
}

std::string lease_json(const Key& key, const LeaseRecord& record) {
  api::Node metadata = api::Node::map().set("name", key.name).set("namespace", key.space);
  if (!record.version.empty()) metadata.set("resourceVersion", record.version);
  api::Node spec = api::Node::map();
  // Null takes it away: an identity that is there must not be empty.
  spec.set("holderIdentity", record.holder.empty() ? api::Node() : api::Node(record.holder));
  spec.set("leaseDurationSeconds", record.duration / base::seconds(1));
  spec.set("leaseTransitions", static_cast<std::int64_t>(record.transitions));
  spec.set("acquireTime", micro_time(record.acquired));
  spec.set("renewTime", micro_time(record.renewed));
  return api::to_json(api::Node::map()
                          .set("apiVersion", kLeases.api_version())
                          .set("kind", kLeases.kind)
                          .set("metadata", std::move(metadata))
                          .set("spec", std::move(spec)));
}

class LeaderElection::Driver {
 public:
  Driver(aio::Clock& clock, Client& client, Key key, LeaseConfig config, LeaderElection& owner)
      : clock_(clock),
        client_(client),
        key_(std::move(key)),
        config_(std::move(config)),
        owner_(owner),
        store_([](std::string_view json) { return parse_lease(json); }) {}

  aio::Task<base::Result<>> run(std::stop_token stop) {
    CO_TRY(check(config_));
    lease_.emplace(config_);
    const aio::Executor executor = co_await boost::asio::this_coro::executor;
    aio::TaskGroup group(executor);
    group_ = &group;
    inbox_.emplace(clock_, executor);
    InformerOptions options;
    options.resource = kLeases;
    options.ns = key_.space;
    options.fields = "metadata.name=" + key_.name;
    Informer informer(clock_, client_, options, store_);
    informer_ = &informer;
    store_.on_news = [this](const Key&, News) { happened(seen()); };
    group.spawn(informer.run(group.token()));
    co_await follow(std::move(stop));
    group.cancel();
    static_cast<void>(co_await group.join());
    group_ = nullptr;
    informer_ = nullptr;
    co_return base::Result<>{};
  }

  bool leads() const { return lease_ && lease_->leads(clock_.now()); }
  std::string holder() const { return lease_ ? lease_->holder() : ""; }
  std::string problem() const {
    return problem_.empty() && informer_ != nullptr ? informer_->problem() : problem_;
  }

 private:
  aio::Task<> follow(std::stop_token stop) {
    const auto take_it = [this](const LeaseEvent& event) { take(event); };
    take(lease_event::Woke{});
    while (!ended_) {
      if (co_await inbox_->turn(take_it, stop)) continue;
      stop = {};  // once
      group_->spawn(end_work());
    }
  }

  /// The lease is renewed until the work has ended.
  aio::Task<base::Result<>> end_work() {
    if (owner_.before_release) co_await owner_.before_release();
    happened(lease_event::Stop{});
    co_return base::Result<>{};
  }

  lease_event::Seen seen() const {
    const LeaseRecord* record = store_.find(key_);
    return {record == nullptr ? std::nullopt : std::optional(*record)};
  }

  void happened(LeaseEvent event) { inbox_->put(std::move(event)); }

  void take(const LeaseEvent& event) {
    inbox_->wake_at(base::kNever);  // while a request is under way its answer is what is waited for
    for (const LeaseAction& action : lease_->step(event, clock_.now(), clock_.wall_now())) {
      std::visit([this](const auto& one) { carry_out(one); }, action);
    }
  }

  void carry_out(const lease_action::Read& read) { group_->spawn(ask(read)); }
  void carry_out(const lease_action::Write& write) { group_->spawn(put(write)); }
  void carry_out(const lease_action::Lead& lead) {
    if (std::exchange(epoch_, lead.epoch) == lead.epoch || !owner_.on_lead) return;
    owner_.on_lead(lead.epoch);
  }
  void carry_out(const lease_action::Lost& lost) {
    epoch_.reset();
    if (owner_.on_lost) owner_.on_lost(lost.why);
  }
  void carry_out(const lease_action::WakeAt& wake) { inbox_->wake_at(wake.at); }
  void carry_out(const lease_action::Ended&) { ended_ = true; }

  aio::Task<base::Result<>> ask(lease_action::Read read) {
    auto get = [this](std::stop_token stop) { return client_.get(kLeases, key_, stop); };
    const auto reply =
        co_await aio::with_deadline(clock_, clock_.now() + read.within, {}, "read the lease", get);
    note(reply, "get");
    Answered answer;
    if (reply && reply->code == 404) {
      answer.how = Answered::How::Done;
    } else if (reply && reply->ok()) {
      answer = answer_of(*reply);
    }
    happened(answer);
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> put(lease_action::Write write) {
    auto send = [this, &write](std::stop_token stop) {
      std::string body = lease_json(key_, write.record);
      return write.create
                 ? client_.create(kLeases, key_.space, std::move(body), {}, stop)
                 : client_.patch(kLeases, key_, PatchType::Merge, std::move(body), {}, stop);
    };
    const auto reply = co_await aio::with_deadline(clock_, clock_.now() + write.within, {},
                                                   "write the lease", send);
    note(reply, write.create ? "create" : "patch");
    Answered answer;
    if (reply && (reply->code == 409 || reply->code == 404)) {
      answer.how = Answered::How::Conflict;
    } else if (reply && reply->ok()) {
      answer = answer_of(*reply);
    }
    happened(answer);
    co_return base::Result<>{};
  }

  /// Why the last request was of no use; nothing if it was, or was too late by a conflict.
  void note(const base::Result<Reply>& reply, const char* verb) {
    problem_.clear();
    if (!reply) {
      problem_ = reply.error().message;
    } else if (!reply->ok() && reply->code != 404 && reply->code != 409) {
      problem_ =
          error_of(reply->refusal, fmt::format("{} lease {}", verb, to_string(key_))).message;
    }
  }

  static Answered answer_of(const Reply& reply) {
    auto record = parse_lease(reply.body);
    if (!record) return {};
    return {Answered::How::Done, std::move(*record)};
  }

  aio::Clock& clock_;
  Client& client_;
  Key key_;
  LeaseConfig config_;
  LeaderElection& owner_;
  Store<LeaseRecord> store_;
  std::optional<Lease> lease_;

  aio::TaskGroup* group_ = nullptr;  // while run() runs
  const Informer* informer_ = nullptr;
  std::string problem_;
  std::optional<Inbox<LeaseEvent, lease_event::Woke>> inbox_;
  std::optional<std::uint32_t> epoch_;  // of the term that on_lead was told
  bool ended_ = false;
};

LeaderElection::LeaderElection(aio::Clock& clock, Client& client, Key lease, LeaseConfig config)
    : driver_(std::make_unique<Driver>(clock, client, std::move(lease), std::move(config), *this)) {
}
LeaderElection::~LeaderElection() = default;

aio::Task<base::Result<>> LeaderElection::run(std::stop_token stop) {
  return driver_->run(std::move(stop));
}

bool LeaderElection::leads() const {
  return driver_->leads();
}

std::string LeaderElection::holder() const {
  return driver_->holder();
}

std::string LeaderElection::problem() const {
  return driver_->problem();
}

}  // namespace kube
