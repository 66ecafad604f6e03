// What a copy of many objects costs: time and CPU until it is whole, and memory while it is kept.
//   kube_sync fill KUBECONFIG COUNT   makes COUNT ConfigMaps of about 2.5 kB each
//   kube_sync sync KUBECONFIG COUNT   copies them, and says what that took
// Figures to reach (design of the operator): 10,000 in 18 MiB and 0.15 s of CPU, 100,000 in 64 MiB.
// bench/kube_sync.py runs both on a real API server, beside a client-go program on the same
// objects.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "aio/task_group.h"
#include "kube/store.h"
#include "kube_objects.h"
#include "process_cost.h"

namespace {

constexpr std::size_t kPayload = 1'900;  // bytes of data, which with its metadata make 2.5 kB
constexpr std::size_t kAtOnce = 16;

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
           co_await client.create(bench::kConfigMaps, "default", object(number), {}, {}));
    if (!reply.ok() && reply.code != 409) {
      co_return tl::unexpected(kube::error_of(reply.refusal, "create"));
    }
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> fill(kube::Client& client, int count) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  int next = 0;
  for (std::size_t i = 0; i < kAtOnce; ++i) group.spawn(create(client, next, count));
  co_return co_await group.join();
}

aio::Task<base::Result<>> sync(aio::Clock& clock, kube::Informer& informer) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(informer.run(group.token()));
  co_await bench::until(clock, base::millis(1), [&informer] { return informer.synced(); });
  group.cancel();
  co_return co_await group.join();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: kube_sync fill|sync KUBECONFIG COUNT\n", stderr);
    return 2;
  }
  const auto began = aio::now();
  const int objects = std::atoi(arguments[3]);
  const auto session = bench::Session::open(arguments[2]);
  if (!session) return bench::exit_code(tl::unexpected(session.error()));
  bench::Session& with = **session;
  if (std::strcmp(arguments[1], "fill") == 0) {
    return bench::exit_code(aio::run(with.context, fill(*with.client, objects)));
  }
  kube::Store<bench::Slim> store(bench::decode);
  kube::Informer informer(with.clock, *with.client, bench::all_config_maps(), store);
  const double before = cpu_seconds();
  const int failed = bench::exit_code(aio::run(with.context, sync(with.clock, informer)));
  const double elapsed = base::to_seconds(aio::now() - began);
  std::printf("objects %zu elapsed %.3f cpu %.3f resident %.1f\n", store.size(), elapsed,
              cpu_seconds() - before, resident_mib());
  return failed != 0 || store.size() != static_cast<std::size_t>(objects) ? 1 : 0;
}
