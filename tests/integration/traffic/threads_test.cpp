#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "traffic/exposition.h"

namespace traffic {
namespace {

constexpr std::size_t kCores = 3;
constexpr int kRequestsOfACore = 20'000;

std::unique_ptr<Endpoints> endpoints(std::size_t most) {
  EndpointSpec spec;
  spec.most = most;
  return std::move(*Endpoints::create(spec));
}

/// 400 paths that are endpoints of their own.
std::string path(std::uint64_t number) {
  return {'/', static_cast<char>('g' + number % 20), static_cast<char>('g' + number / 20 % 20)};
}

void serve(RequestShard& shard, Endpoints& endpoints, std::uint64_t seed) {
  base::Random random(seed);
  for (int i = 0; i < kRequestsOfACore; ++i) {
    Ended ended;
    ended.status = random.chance(0.9) ? 200 : 500;
    ended.duration = base::Duration(random.between(1000, 1'000'000'000));
    ended.trace = {seed, random.next() | 1U};
    ended.at = base::WallTime(base::seconds(i));
    shard.begin();
    shard.end(Method::Get, endpoints.learn(path(random.below(400)), ended.status), ended);
  }
}

TEST(TrafficThreads, CountEverythingWhileTheyAreRead) {
  const auto all = endpoints(100);
  Requests requests(kCores, all->most(), 80);
  std::atomic<std::size_t> done{0};
  std::vector<std::thread> cores;
  for (std::size_t core = 0; core < kCores; ++core) {
    cores.emplace_back([&, core] {
      serve(requests.shard(core), *all, core + 1);
      ++done;
    });
  }
  Exposition exposition(*all, requests);
  SeriesSum sum;
  std::uint64_t before = 0;
  while (done < kCores) {
    std::string text;
    exposition.write(Format::OpenMetrics, text);
    EXPECT_EQ(text.find("trace_id=\"0000000000000000"), std::string::npos) << "a torn trace";
    requests.add_up(sum);
    EXPECT_GE(sum.requests(), before);
    before = sum.requests();
  }
  for (std::thread& core : cores) core.join();
  requests.add_up(sum);
  EXPECT_EQ(sum.requests(), kCores * kRequestsOfACore);
  EXPECT_EQ(sum.durations().count(), kCores * kRequestsOfACore);
  EXPECT_EQ(requests.in_flight(), 0);
  EXPECT_TRUE(all->full());
}

TEST(TrafficThreads, GiveOneNumberToOneEndpoint) {
  const auto all = endpoints(1000);
  std::array<std::map<std::string, EndpointId>, kCores> seen;
  std::vector<std::thread> cores;
  for (std::size_t core = 0; core < kCores; ++core) {
    cores.emplace_back([&, core] {
      base::Random random(core + 1);
      for (int i = 0; i < 5000; ++i) {
        const std::string asked = path(random.below(400));
        const EndpointId id = all->learn(asked, 200);
        EXPECT_EQ(all->name(id), asked);
        seen[core][asked] = id;
      }
    });
  }
  for (std::thread& core : cores) core.join();
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
  EXPECT_EQ(all->size(), 401u);
}

// A count that passes 32 bits is written in two parts; a reader must never see one without the
// other.
TEST(TrafficThreads, NeverShowHalfACarry) {
  constexpr std::uint64_t kStep = UINT32_MAX;  // every step carries, and 2^32 is no multiple of it
  std::vector<Sketch> sketches(4000);
  std::atomic<std::size_t> current{0};
  std::thread writer([&] {
    for (Sketch& sketch : sketches) {
      for (int i = 0; i < 255; ++i) sketch.add_many(base::millis(1), kStep);
      ++current;
    }
  });
  SketchSum sum;
  int torn = 0, reads = 0;
  for (std::size_t at = current; at < sketches.size(); at = current) {
    sum.add(sketches[at]);
    const bool whole = sum.count() % kStep == 0;
    if (!whole) ++torn;
    if (!whole || ++reads % 1000 == 0) sum.clear();
  }
  writer.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace traffic
