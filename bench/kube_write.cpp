#include "kube_write.h"

#include <csignal>
#include <cstdio>
#include <simdjson.h>

#include <fmt/format.h>

#include "aio/signal.h"
#include "aio/task_group.h"
#include "api/node.h"
#include "kube/leader_election.h"
#include "kube/store.h"
#include "kube/taken.h"
#include "process_cost.h"

namespace bench {
namespace {

using api::Node;

constexpr const char* kSpace = "default";
constexpr int kDeployments = 10;
constexpr int kWarmUp = 200;
const kube::Resource kKind{"apps", "v1", "Deployment", "deployments", true};

std::string name_of(int number) {
  return fmt::format("bench-{}", number % kDeployments);
}

std::string deployment(int number) {
  return fmt::format(
      R"({{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"{}","labels":{{"app":)"
      R"("bench"}}}},"spec":{{"replicas":3,"selector":{{"matchLabels":{{"app":"bench"}}}},)"
      R"("template":{{"metadata":{{"labels":{{"app":"bench"}}}},"spec":{{"containers":)"
      R"([{{"name":"app","image":"app:dev"}}]}}}}}}}})",
      name_of(number));
}

aio::Task<base::Result<>> make_deployments(kube::Client& client) {
  for (int i = 0; i < kDeployments; ++i) {
    CO_TRY(const kube::Reply reply, co_await client.create(kKind, kSpace, deployment(i), {}, {}));
    if (!reply.ok() && reply.code != 409) {
      co_return tl::unexpected(kube::error_of(reply.refusal, "create"));
    }
  }
  co_return base::Result<>{};
}

Node condition(const char* type, const std::string& message) {
  return Node::map()
      .set("type", type)
      .set("status", "True")
      .set("reason", "Measured")
      .set("message", message);
}

/// No two are the same, so that each is a write.
std::string status(int number, const std::string& run) {
  Node conditions = Node::sequence();
  conditions.push(condition("Available", "it has its replicas"));
  conditions.push(condition("Progressing", fmt::format("step {} of {}", number, run)));
  return api::to_json(Node::map()
                          .set("apiVersion", kKind.api_version())
                          .set("kind", kKind.kind)
                          .set("metadata", Node::map().set("name", name_of(number)))
                          .set("status", Node::map()
                                             .set("observedGeneration", number)
                                             .set("replicas", 3)
                                             .set("updatedReplicas", 3)
                                             .set("readyReplicas", number % 4)
                                             .set("conditions", std::move(conditions))));
}

/// What the server calls the object now.
base::Result<std::string> version_of(std::string& json) {
  static simdjson::ondemand::parser parser;
  json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  std::string_view version;
  auto error = parser.iterate(json).get(document);
  if (!error) error = document["metadata"]["resourceVersion"].get(version);
  if (error) return base::fail(base::Code::InvalidArgument, simdjson::error_message(error));
  return std::string(version);
}

aio::Task<base::Result<std::string>> apply_one(kube::Client& client, int number, std::string run) {
  const kube::WriteOptions options{
      .subresource = "status", .field_manager = "bench", .force = true};
  CO_TRY(kube::Reply reply,
         kube::taken(co_await client.patch(kKind, {kSpace, name_of(number)}, kube::PatchType::Apply,
                                           status(number, run), options, {}),
                     "apply"));
  co_return version_of(reply.body);
}

/// What a reconciler would read of a Deployment: how many it wants.
base::Result<std::int64_t> decode_replicas(std::string_view json) {
  static simdjson::ondemand::parser parser;
  const simdjson::padded_string_view padded(json.data(), json.size(),
                                            json.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  std::int64_t out = 0;
  auto error = parser.iterate(padded).get(document);
  if (!error) error = document["spec"]["replicas"].get(out);
  if (error) return base::fail(base::Code::InvalidArgument, simdjson::error_message(error));
  return out;
}

using Copy = kube::Store<std::int64_t>;

aio::Task<base::Result<>> apply_all(Session& with, int count, const Copy* copy) {
  const std::string run = fmt::format("{}", with.clock.wall_now().time_since_epoch().count());
  double cpu_before = 0;
  base::TimePoint began{};
  for (int i = 0; i < kWarmUp + count; ++i) {
    if (i == kWarmUp) cpu_before = cpu_seconds();
    if (i == kWarmUp) began = with.clock.now();
    CO_TRY(const std::string version, co_await apply_one(*with.client, i, run));
    if (copy == nullptr) continue;
    co_await until(with.clock, base::millis(1),
                   [&] { return copy->version_of({kSpace, name_of(i)}) == version; });
  }
  std::printf("applies %d cpu %.1f elapsed %.1f\n", count,
              (cpu_seconds() - cpu_before) * 1e6 / count,
              base::to_seconds(with.clock.now() - began) * 1e6 / count);
  co_return base::Result<>{};
}

aio::Task<base::Result<>> listen(std::stop_source& ending) {
  CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, ending.get_token()));
  ending.request_stop();
  co_return base::Result<>{};
}

void say(const char* what, Session& with) {
  std::printf("%s %lld\n", what,
              static_cast<long long>(with.clock.wall_now().time_since_epoch().count()));
  std::fflush(stdout);
}

}  // namespace

aio::Task<base::Result<>> apply(Session& with, int count, bool followed) {
  CO_TRY(co_await make_deployments(*with.client));
  if (!followed) co_return co_await apply_all(with, count, nullptr);
  Copy copy(decode_replicas);
  kube::InformerOptions options;
  options.resource = kKind;
  options.labels = "app=bench";
  kube::Informer informer(with.clock, *with.client, options, copy);
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(informer.run(group.token()));
  co_await until(with.clock, base::millis(1), [&informer] { return informer.synced(); });
  const auto outcome = co_await apply_all(with, count, &copy);
  group.cancel();
  CO_TRY(co_await group.join());
  co_return outcome;
}

aio::Task<base::Result<>> elect(Session& with, std::string lease, std::string identity,
                                base::Duration duration) {
  const kube::LeaseConfig config{.identity = std::move(identity),
                                 .duration = duration,
                                 .renew_deadline = duration * 10 / 15,
                                 .retry = duration * 2 / 15};
  kube::LeaderElection election(with.clock, *with.client, {kSpace, std::move(lease)}, config);
  election.on_lead = [&with](std::uint32_t) { say("leads", with); };
  election.on_lost = [&with](const std::string&) { say("lost", with); };
  std::stop_source ending;
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(listen(ending));
  group.spawn(election.run(ending.get_token()));
  co_await until(with.clock, base::millis(5), [&] { return !election.holder().empty(); });
  if (!election.leads()) say("waits", with);
  co_return co_await group.join();
}

}  // namespace bench
