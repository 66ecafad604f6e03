// `test_operator --run=SCENARIO:SEED[:WRITE:before|after[:MILLIS]]` replays one run of the
// simulated operator (simulated/run_options.h) and prints it event by event; `--runs=COUNT[:FIRST]`
// makes so many, each drawn from its seed, and prints those that break a law.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "simulated/operator_world.h"

namespace {

int replay(const std::string& text) {
  auto options = op::parse_run(text);
  if (!options) {
    std::fprintf(stderr, "test_operator: '%s' is no run\n", text.c_str());
    return 2;
  }
  options->trace = true;
  const op::RunResult result = op::run_drills(*options);
  for (const std::string& each : result.violations) std::printf("VIOLATED: %s\n", each.c_str());
  std::printf("%u writes, %d drills, %d faults, %d of %zu points\n", result.writes, result.drills,
              result.faults, result.points(), options->points.size());
  return result.violations.empty() ? 0 : 1;
}

int make_runs(const std::string& text) {
  const std::uint64_t count = std::strtoull(text.c_str(), nullptr, 10);
  const std::size_t colon = text.find(':');
  const std::uint64_t first =
      colon == std::string::npos ? 1 : std::strtoull(text.c_str() + colon + 1, nullptr, 10);
  std::uint64_t points = 0, violated = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const op::RunOptions options = op::sampled(seed);
    const op::RunResult result = op::run_drills(options);
    points += static_cast<std::uint64_t>(result.points());
    violated += result.violations.empty() ? 0 : 1;
    for (const std::string& each : result.violations) {
      std::printf("%s: %s\n", op::to_string(options).c_str(), each.c_str());
      std::fflush(stdout);
    }
  }
  std::printf("%llu runs, %llu points, %llu violated\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(points), static_cast<unsigned long long>(violated));
  return violated == 0 ? 0 : 1;
}

}  // namespace

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/// A run makes a million objects: who made one, which a report says, costs a third of the time.
/// ASAN_OPTIONS=malloc_context_size=30 is for who has a report to read.
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "malloc_context_size=0:quarantine_size_mb=8";
}
#endif
#endif

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  constexpr std::string_view kRun = "--run=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kRun)) return replay(std::string(argument.substr(kRun.size())));
    constexpr std::string_view kRuns = "--runs=";
    if (argument.starts_with(kRuns)) return make_runs(std::string(argument.substr(kRuns.size())));
    std::fprintf(stderr, "usage: test_operator [gtest flags] [--run=RUN] [--runs=COUNT[:FIRST]]\n");
    return 2;
  }
  return RUN_ALL_TESTS();
}
