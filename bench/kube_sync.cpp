// What a copy of many objects costs: time and CPU until it is whole, and memory while it is kept.
//   kube_sync fill KUBECONFIG COUNT   makes COUNT ConfigMaps of about 2.5 kB each
//   kube_sync sync KUBECONFIG COUNT   copies them, and says what that took
// Figures to reach (design of the operator): 10,000 in 18 MiB and 0.15 s of CPU, 100,000 in 64 MiB.
// bench/kube_sync.py runs both on a real API server, beside a client-go program on the same
// objects.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <simdjson.h>
#include <string>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/task_group.h"
#include "kube/store.h"

namespace {

namespace asio = boost::asio;

constexpr std::size_t kPayload = 1'900;  // bytes of data, which with its metadata make 2.5 kB
constexpr std::size_t kAtOnce = 16;
const kube::Resource kConfigMaps{"", "v1", "ConfigMap", "configmaps", true};

/// What a reconciler of these would read: identity, a label, a short text. The payload is skipped.
struct Slim {
  std::string uid, owner, phase;
};

base::Result<Slim> decode(std::string_view json) {
  static simdjson::ondemand::parser parser;
  const auto failed = [](simdjson::error_code error) {
    return base::fail(base::Code::InvalidArgument, simdjson::error_message(error));
  };
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(),
                                            json.size() + simdjson::SIMDJSON_PADDING);
  if (const auto error = parser.iterate(padded).get(document)) return failed(error);
  std::string_view uid, owner, phase;
  if (const auto error = document["data"]["phase"].get(phase)) return failed(error);
  if (const auto error = document["metadata"]["uid"].get(uid)) return failed(error);
  if (const auto error = document["metadata"]["labels"]["owner"].get(owner)) return failed(error);
  return Slim{std::string(uid), std::string(owner), std::string(phase)};
}

std::string object(int number) {
  return fmt::format(R"({{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"object-{:06}",)"
                     R"("labels":{{"app":"bench","owner":"team-{}"}}}},)"
                     R"("data":{{"phase":"Running","payload":"{}"}}}})",
                     number, number % 17, std::string(kPayload, 'x'));
}

aio::Task<base::Result<>> create(kube::Client& client, int& next, int count) {
  while (next < count) {
    const int number = next++;
    CO_TRY(const kube::Reply reply,
           co_await client.create(kConfigMaps, "default", object(number), {}, {}));
    if (!reply.ok() && reply.code != 409) {
      co_return tl::unexpected(kube::error_of(reply.refusal, "create"));
    }
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> fill(kube::Client& client, int count) {
  aio::TaskGroup group(co_await asio::this_coro::executor);
  int next = 0;
  for (std::size_t i = 0; i < kAtOnce; ++i) group.spawn(create(client, next, count));
  co_return co_await group.join();
}

aio::Task<base::Result<>> sync(aio::Clock& clock, kube::Informer& informer) {
  aio::TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(informer.run(group.token()));
  while (!informer.synced()) {
    static_cast<void>(co_await aio::wait_for(clock, base::millis(1), {}));
  }
  group.cancel();
  co_return co_await group.join();
}

double resident_mib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

double cpu_seconds() {
  struct rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

int report(const base::Result<>& outcome) {
  if (outcome) return 0;
  std::fprintf(stderr, "error: %s\n", outcome.error().message.c_str());
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: kube_sync fill|sync KUBECONFIG COUNT\n", stderr);
    return 2;
  }
  aio::SystemClock clock;
  const auto began = clock.now();
  asio::io_context context;
  const int objects = std::atoi(arguments[3]);
  const auto config = kube::load_config(arguments[2], {});
  if (!config) return report(tl::unexpected(config.error()));
  const auto client = kube::Client::make(clock, context.get_executor(), *config);
  if (!client) return report(tl::unexpected(client.error()));
  if (std::strcmp(arguments[1], "fill") == 0) {
    return report(aio::run(context, fill(**client, objects)));
  }
  kube::Store<Slim> store(decode);
  kube::InformerOptions options;
  options.resource = kConfigMaps;
  options.labels = "app=bench";
  kube::Informer informer(clock, **client, options, store);
  const double before = cpu_seconds();
  const int failed = report(aio::run(context, sync(clock, informer)));
  const double elapsed = base::to_seconds(clock.now() - began);
  std::printf("objects %zu elapsed %.3f cpu %.3f resident %.1f\n", store.size(), elapsed,
              cpu_seconds() - before, resident_mib());
  return failed != 0 || store.size() != static_cast<std::size_t>(objects) ? 1 : 0;
}
