// Whole drills of a cluster in virtual time, with the product's operator, runner and guardian, one
// of which dies or stands still before or after a write that is drawn. No fault may be left, none
// injected twice, nobody stuck (tests/operator/simulated/laws.h).
//   operator_crash_points [--runs=COUNT[:FIRST SEED]]   a line each ten seconds; 10^6 if not said
//   operator_crash_points --run SCENARIO:SEED[:WRITE:before|after[:MILLIS]]   one, event by event
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "simulated/operator_world.h"

namespace {

struct Counts {
  std::uint64_t runs = 0, drills = 0, faults = 0, died = 0, stood = 0, writes = 0, violated = 0;

  void add(const op::RunOptions& options, const op::RunResult& result) {
    ++runs;
    drills += static_cast<std::uint64_t>(result.drills);
    faults += static_cast<std::uint64_t>(result.faults);
    writes += result.writes;
    violated += result.violations.empty() ? 0 : 1;
    if (!result.crashed) return;
    ++(options.crash->still > base::Duration{} ? stood : died);
  }
};

void print(const char* name, const Counts& counts) {
  std::printf("%-14s", name);
  for (const std::uint64_t each : {counts.runs, counts.drills, counts.faults, counts.died,
                                   counts.stood, counts.writes, counts.violated}) {
    std::printf(" %11llu", static_cast<unsigned long long>(each));
  }
  std::printf("\n");
}

void tell(const op::RunOptions& options, const op::RunResult& result) {
  for (const std::string& each : result.violations) {
    std::fprintf(stderr, "%s: %s\n", op::to_string(options).c_str(), each.c_str());
  }
}

int run_one(const char* text) {
  auto options = op::parse_run(text);
  if (!options) {
    std::fprintf(stderr, "operator_crash_points: '%s' is no run\n", text);
    return 2;
  }
  options->trace = true;
  const op::RunResult result = op::run_drills(*options);
  tell(*options, result);
  std::printf("%u writes, %d faults%s\n", result.writes, result.faults,
              result.crashed ? "" : ", no crash");
  return result.violations.empty() ? 0 : 1;
}

/// Of the runs so far: how many, how fast, what was wrong.
class Progress {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }
  void tell_now_and_then(const Counts& all) {
    if (seconds() < next_) return;
    next_ += 10;
    std::fprintf(
        stderr, "%llu runs, %.1f/s, %llu died, %llu stood still, %llu violated\n",
        static_cast<unsigned long long>(all.runs), static_cast<double>(all.runs) / seconds(),
        static_cast<unsigned long long>(all.died), static_cast<unsigned long long>(all.stood),
        static_cast<unsigned long long>(all.violated));
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double next_ = 10;
};

int run_many(std::uint64_t runs, std::uint64_t first) {
  std::map<std::string, Counts> counts;
  Counts all;
  Progress progress;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    const op::RunOptions options = op::sampled(seed);
    const op::RunResult result = op::run_drills(options);
    counts[op::name(options.scenario)].add(options, result);
    all.add(options, result);
    if (!result.violations.empty() && all.violated <= 20) tell(options, result);
    progress.tell_now_and_then(all);
  }
  std::printf("%-14s %11s %11s %11s %11s %11s %11s %11s\n", "scenario", "runs", "drills", "faults",
              "died", "stood still", "writes", "violated");
  for (const auto& [name, one] : counts) print(name.c_str(), one);
  print("all", all);
  std::printf("%.0f s, %.0f runs/s, %.2f ms of CPU a run\n", progress.seconds(),
              static_cast<double>(runs) / progress.seconds(),
              1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC /
                  static_cast<double>(std::max<std::uint64_t>(runs, 1)));
  return all.violated == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "--run") return run_one(argv[2]);
  constexpr std::string_view kRuns = "--runs=";
  std::uint64_t runs = 1'000'000, first = 1;
  if (argc > 1) {
    const std::string_view said = argv[1];
    char* rest = nullptr;
    if (said.starts_with(kRuns)) runs = std::strtoull(argv[1] + kRuns.size(), &rest, 10);
    if (rest != nullptr && *rest == ':') first = std::strtoull(rest + 1, &rest, 10);
    if (argc > 2 || rest == nullptr || *rest != '\0') {
      std::fprintf(stderr, "usage: operator_crash_points [--runs=COUNT[:FIRST]] [--run RUN]\n");
      return 2;
    }
  }
  return run_many(runs, first);
}
