// Whole drills of a cluster in virtual time, with the product's operator, runner and guardian, one
// of which dies or stands still before or after a write that is drawn. No fault may be left, none
// injected twice, nobody stuck (tests/operator/simulated/laws.h).
//   operator_crash_points [RUNS] [FIRST SEED]
//   operator_crash_points --run SCENARIO:SEED[:WRITE:before|after[:MILLIS]]   one, event by event
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

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

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "--run") return run_one(argv[2]);
  const std::uint64_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::map<std::string, Counts> counts;
  Counts all;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    const op::RunOptions options = op::sampled(seed);
    const op::RunResult result = op::run_drills(options);
    counts[op::name(options.scenario)].add(options, result);
    all.add(options, result);
    if (!result.violations.empty() && all.violated <= 20) tell(options, result);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%-14s %11s %11s %11s %11s %11s %11s %11s\n", "scenario", "runs", "drills", "faults",
              "died", "stood still", "writes", "violated");
  for (const auto& [name, one] : counts) print(name.c_str(), one);
  print("all", all);
  std::printf("%.0f s, %.0f runs/s\n", took.count(), static_cast<double>(runs) / took.count());
  return all.violated == 0 ? 0 : 1;
}
