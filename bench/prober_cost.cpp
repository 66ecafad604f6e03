// What the prober costs: CPU per operation over open TCP and HTTP connections, and memory, against
// a responder in another process. Figures to reach: 2 % of a core per 1,000 operations/s (20 µs an
// operation) and 20 MiB. Beside each the floor: a bare epoll loop that exchanges the same bytes at
// the same rate in the same run, so that on a busy machine the ratio still tells.
//   prober_cost RESPONDER [SECONDS]
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <sys/resource.h>

#include "aio/clock.h"
#include "aio/process.h"
#include "bare_exchange.h"
#include "probes/http_stream.h"
#include "probes/prober.h"
#include "probes/responder_process.h"
#include "probes/tcp_stream.h"

namespace {

struct Counter final : probes::ProberListener {
  std::atomic<std::uint64_t> ok = 0;
  std::atomic<std::uint64_t> bad = 0;
  std::atomic<std::uint64_t> stalls = 0;
  void on_records(std::vector<drill::Record> records) override {
    for (const auto& record : records) {
      (record.outcome == drill::Outcome::Ok ? ok : bad) += 1;
    }
  }
  void on_stall(drill::StreamId, drill::Stall) override { ++stalls; }
  void on_anchor(drill::ClockAnchor) override {}
  void on_ledger_error(base::Error) override {}
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_mib() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * 4096 / (1 << 20);
}

aio::Task<base::Result<bool>> wait(aio::Clock& clock, base::Duration length) {
  co_return co_await aio::wait_for(clock, length, {});
}

probes::StreamSpec spec(const char* name, base::Duration interval) {
  probes::StreamSpec out;
  out.info.name = name;
  out.info.interval = interval;
  out.info.deadline = base::millis(100);
  out.connections = probes::Connections::Open;
  return out;
}

using MakeOperation = std::function<std::unique_ptr<probes::Operation>()>;

// `rate` operations/s: one stream that sends every 1/rate, or as many of 100/s as it takes.
void measure(const char* name, boost::asio::io_context& context, int seconds, int streams,
             base::Duration interval, const MakeOperation& make) {
  aio::SystemClock clock;
  Counter counter;
  probes::Prober prober(counter, nullptr);
  std::vector<drill::StreamId> ids;
  for (int number = 0; number < streams; ++number) {
    ids.push_back(*prober.add(spec(name, interval), make()));
  }
  const auto ok = [&] {
    std::uint64_t sum = 0;
    for (const auto id : ids) sum += prober.status(id).ok;
    return sum;
  };
  prober.start_all();
  static_cast<void>(aio::run(context, wait(clock, base::seconds(1))));
  const double cpu = cpu_seconds();
  const auto from = aio::now();
  const auto done = ok();
  static_cast<void>(aio::run(context, wait(clock, base::seconds(seconds))));
  const double used = cpu_seconds() - cpu;
  const double elapsed = base::to_seconds(aio::now() - from);
  const auto operations = static_cast<double>(ok() - done);
  prober.stop();
  std::printf(
      "%-15s %7.0f op/s  %5.1f us/op  %5.2f %% of a core per 1,000 op/s  bad %llu  "
      "stalls %llu  rss %.1f MiB\n",
      name, operations / elapsed, used / operations * 1e6, used / operations * 1e5,
      static_cast<unsigned long long>(counter.bad), static_cast<unsigned long long>(counter.stalls),
      resident_mib());
}

void measure_floor(const net::Address& address, int seconds, base::Duration interval) {
  const auto cost = bench::bare_exchange(address, interval, base::seconds(seconds));
  const auto exchanges = static_cast<double>(cost.exchanges);
  std::printf("%-15s %7.0f op/s  %5.1f us/op  %5.2f %% of a core per 1,000 op/s\n",
              "bare epoll loop", exchanges / cost.elapsed_seconds,
              cost.cpu_seconds / exchanges * 1e6, cost.cpu_seconds / exchanges * 1e5);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: prober_cost RESPONDER [SECONDS]\n");
    return 2;
  }
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 5;
  boost::asio::io_context context;
  aio::SystemClock clock;
  auto responder = aio::run(context, probes::ResponderProcess::start(clock, {argv[1]}, {}, {}));
  if (!responder) {
    std::fprintf(stderr, "%s\n", responder.error().message.c_str());
    return 1;
  }
  const probes::LinkTarget target{*net::Address::parse(responder->control_address()), nullptr};
  probes::ServerTable servers;
  using probes::Connections;
  const MakeOperation tcp = [&] {
    return *probes::make_tcp_operation(target, {"ping", "ping", true}, Connections::Open);
  };
  const MakeOperation http = [&] {
    return *probes::make_http_operation(target, {}, Connections::Open, servers);
  };
  for (const int rate : {1000, 5000}) {
    const base::Duration apart = base::seconds(1) / rate;
    measure_floor(target.address, seconds, apart);
    measure("tcp, 1 stream", context, seconds, 1, apart, tcp);
    measure("http, 1 stream", context, seconds, 1, apart, http);
    measure("tcp, of 100/s", context, seconds, rate / 100, base::millis(10), tcp);
    measure("http, of 100/s", context, seconds, rate / 100, base::millis(10), http);
  }
  return aio::run(context, responder->finish(clock)) ? 0 : 1;
}
