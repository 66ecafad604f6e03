#include "kube_follow.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "aio/task_group.h"
#include "kube/controller.h"
#include "kube/store.h"
#include "process_cost.h"

namespace bench {
namespace {

/// What the server writes into the phase of an object when it has said all, and in between.
constexpr const char* kLast = "last";
constexpr const char* kUpdated = "updated";
const kube::Key kMarked{"default", "object-000000"};

double micros(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e3;
}

/// A copy and one worker that reconciles what changed in it.
class Follower {
 public:
  Follower(Session& with, kube::Controller::Reconcile reconcile)
      : store(decode),
        informer_(with.clock, *with.client, all_config_maps(), store),
        controller_(with.clock, {.name = "bench", .ready = [this] { return informer_.synced(); }},
                    std::move(reconcile)) {
    store.on_news = [this](const kube::Key& key, kube::News what) { controller_.add(key, what); };
  }

  aio::Task<base::Result<>> run_until(aio::Event& done) {
    aio::TaskGroup group(co_await boost::asio::this_coro::executor);
    group.spawn(informer_.run(group.token()));
    group.spawn(controller_.run(group.token()));
    static_cast<void>(co_await done.wait());
    group.cancel();
    co_return co_await group.join();
  }

  kube::Store<Slim> store;

 private:
  kube::Informer informer_;
  kube::Controller controller_;
};

aio::Task<base::Result<kube::Outcome>> stop_clock(Session& with, base::WallTime& at,
                                                  aio::Event& done) {
  if (!done.is_set()) at = with.clock.wall_now();
  done.set();
  co_return kube::Outcome{};
}

struct Latencies {
  std::vector<base::Duration> all;
  double cpu_before = 0;  // when the first stamp came
};

aio::Task<base::Result<kube::Outcome>> note(Session& with, const Slim* object, Latencies& out,
                                            aio::Event& done) {
  const base::WallTime now = with.clock.wall_now();
  if (object == nullptr) co_return kube::Outcome{};
  if (object->phase == kLast) done.set();
  const std::int64_t stamp = std::strtoll(object->phase.c_str(), nullptr, 10);
  if (stamp == 0) co_return kube::Outcome{};
  if (out.all.empty()) out.cpu_before = cpu_seconds();
  out.all.push_back(now - base::WallTime(base::Duration(stamp)));
  co_return kube::Outcome{};
}

void print(Latencies latencies) {
  auto& all = latencies.all;
  std::sort(all.begin(), all.end());
  const auto at = [&all](double share) {
    return all.empty()
               ? 0
               : micros(all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))]);
  };
  const double cpu = (cpu_seconds() - latencies.cpu_before) * 1e6;
  std::printf("events %zu p50 %.1f p99 %.1f max %.1f cpu %.2f\n", all.size(), at(0.5), at(0.99),
              at(1), cpu / static_cast<double>(std::max<std::size_t>(all.size(), 1)));
}

bool says(const kube::Store<Slim>& store, const char* phase) {
  const Slim* object = store.find(kMarked);
  return object != nullptr && object->phase == phase;
}

}  // namespace

aio::Task<base::Result<>> first(Session& with, base::WallTime launched) {
  aio::Event done(co_await boost::asio::this_coro::executor);
  base::WallTime at{};
  Follower follower(
      with, [&](const kube::Key&, const std::stop_token&) { return stop_clock(with, at, done); });
  CO_TRY(co_await follower.run_until(done));
  std::printf("first %.1f\n", micros(at - launched));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> events(Session& with) {
  aio::Event done(co_await boost::asio::this_coro::executor);
  Latencies latencies;
  const kube::Store<Slim>* store = nullptr;
  Follower follower(with, [&](const kube::Key& key, const std::stop_token&) {
    return note(with, store->find(key), latencies, done);
  });
  store = &follower.store;
  CO_TRY(co_await follower.run_until(done));
  print(std::move(latencies));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> churn(Session& with) {
  constexpr auto kPause = base::millis(20);
  kube::Store<Slim> store(decode);
  kube::Informer informer(with.clock, *with.client, all_config_maps(), store);
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(informer.run(group.token()));
  co_await until(with.clock, kPause, [&informer] { return informer.synced(); });
  const double synced = resident_mib();
  const double cpu_before = cpu_seconds();
  co_await until(with.clock, kPause, [&store] { return says(store, kUpdated); });
  const double updated = resident_mib();
  const double cpu = cpu_seconds() - cpu_before;
  co_await until(with.clock, kPause, [&store] { return says(store, kLast); });
  std::printf("synced %.1f updated %.1f relisted %.1f cpu %.2f lists %llu objects %zu\n", synced,
              updated, resident_mib(), cpu, static_cast<unsigned long long>(informer.lists()),
              store.size());
  group.cancel();
  co_return co_await group.join();
}

}  // namespace bench
