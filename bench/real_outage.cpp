// The prober and the outage rules against the truth: a service in another process refuses and hangs
// for known random times; its outage must lie inside the bounds, every time (measurement.md §10).
//   real_outage RESPONDER [RUNS] [SEED]        prints each miss; exit 0 when all are inside
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include "aio/clock.h"
#include "aio/process.h"
#include "drill/instrument.h"
#include "drill/outage.h"
#include "probes/prober.h"
#include "probes/responder_process.h"
#include "probes/tcp_stream.h"

namespace {
using Kind = drill::ReferenceOutage::Kind;

constexpr base::Duration kInterval = base::millis(10);
constexpr base::Duration kDeadline = base::millis(100);
constexpr base::Duration kSettle = base::millis(400);

struct Keeper final : probes::ProberListener {
  std::mutex mutex;
  drill::Evidence evidence;
  void on_records(std::vector<drill::Record> batch) override {
    const std::scoped_lock hold(mutex);
    evidence.records.insert(evidence.records.end(), batch.begin(), batch.end());
  }
  void on_stall(drill::StreamId, drill::Stall stall) override {
    const std::scoped_lock hold(mutex);
    evidence.stalls.push_back(stall);
  }
  void on_anchor(drill::ClockAnchor) override {}
  void on_ledger_error(base::Error) override {}
};

drill::StreamInfo stream_info(const char* name) {
  drill::StreamInfo info;
  info.name = name;
  info.kind = drill::StreamKind::Reference;
  info.interval = kInterval;
  info.deadline = kDeadline;
  return info;
}

aio::Task<base::Result<std::vector<drill::ReferenceOutage>>> make_outages(
    aio::Clock& clock, probes::ResponderProcess& responder, int runs, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<drill::ReferenceOutage> made;
  for (int run = 0; run < runs; ++run) {
    co_await aio::wait_for(clock, kSettle + base::millis(random.between(0, 50)), {});
    const bool hang = run % 2 == 1;
    const base::Duration least = hang ? kDeadline + 3 * kInterval : 3 * kInterval;
    CO_TRY(responder.command(
        {hang ? Kind::Hang : Kind::Refuse, least + base::millis(random.between(1, 300))}));
    CO_TRY(const auto outage, co_await responder.next({}));
    made.push_back(outage);
  }
  co_await aio::wait_for(clock, 2 * kSettle, {});
  co_return made;
}

int judge(drill::Evidence& evidence, const std::vector<drill::ReferenceOutage>& outages) {
  std::sort(evidence.records.begin(), evidence.records.end(), [](const auto& a, const auto& b) {
    return std::pair(a.stream, a.seq) < std::pair(b.stream, b.seq);
  });
  const auto silences = drill::silences(evidence);
  int misses = 0;
  double width = 0;
  for (const auto& view : drill::views_of(evidence, silences)) {
    int inside = 0;
    for (const auto& outage : outages) {
      const auto check = drill::check_reference(outage, view);
      inside += check.contained ? 1 : 0;
      width +=
          check.service.upper ? base::to_millis(*check.service.upper - check.service.lower) : 0;
      if (!check.contained) {
        ++misses;
        std::printf("MISS %s %s length %.3f ms service [%.3f, %.3f] user [%.3f, %.3f]\n",
                    view.stream.name.c_str(), outage.kind == Kind::Hang ? "hang" : "refusal",
                    base::to_millis(outage.length), base::to_millis(check.service.lower),
                    base::to_millis(check.service.upper.value_or(base::Duration{})),
                    base::to_millis(check.user_visible.lower),
                    base::to_millis(check.user_visible.upper.value_or(base::Duration{})));
      }
    }
    std::printf("%s: %d of %zu inside\n", view.stream.name.c_str(), inside, outages.size());
  }
  std::printf("mean width %.1f ms, silences of the prober: %zu\n",
              width / static_cast<double>(2 * outages.size()), silences.size());
  return misses == 0 ? 0 : 1;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: real_outage RESPONDER [RUNS] [SEED]\n");
    return 2;
  }
  const int runs = argc > 2 ? std::atoi(argv[2]) : 300;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  boost::asio::io_context context;
  aio::SystemClock clock;
  auto responder = aio::run(context, probes::ResponderProcess::start(clock, {argv[1]}, {}, {}));
  if (!responder) {
    std::fprintf(stderr, "%s\n", responder.error().message.c_str());
    return 1;
  }
  const probes::LinkTarget target{*net::Address::parse(responder->reference_address()), nullptr};
  Keeper keeper;
  probes::Prober prober(keeper, nullptr);
  for (const auto connections : {probes::Connections::New, probes::Connections::Open}) {
    const bool open = connections == probes::Connections::Open;
    probes::StreamSpec spec;
    spec.info = stream_info(open ? "open" : "new");
    spec.connections = connections;
    spec.ack_timeout = base::seconds(2);
    static_cast<void>(
        prober.add(spec, *probes::make_tcp_operation(target, {"ping", "ping", true}, connections)));
  }
  prober.start_all();
  const auto outages = aio::run(context, make_outages(clock, *responder, runs, seed));
  prober.stop();
  static_cast<void>(aio::run(context, responder->finish(clock)));
  if (!outages) {
    std::fprintf(stderr, "%s\n", outages.error().message.c_str());
    return 1;
  }
  keeper.evidence.streams = prober.streams();
  return judge(keeper.evidence, *outages);
}
