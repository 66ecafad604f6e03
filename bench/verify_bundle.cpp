// The evidence of a million operations: how much room it takes, and how long an auditor waits.
// Figures to reach: at most 12 bytes per operation; at most 2 s for `muster verify`, from the bytes
// of the file to the last compared figure; and over drawn drills, everything that can go wrong
// included, engine and verifier agree on every figure (tests/verify does the same with fewer
// seeds).
//   verify_bundle [SEEDS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "../tests/verify/judged_drill.h"
#include "verify/verify.h"

namespace {

/// Elapsed and CPU seconds since it was made; the machine may be busy.
struct Watch {
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::clock_t used = std::clock();
  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  double cpu() const {
    return static_cast<double>(std::clock() - used) / static_cast<double>(CLOCKS_PER_SEC);
  }
};

/// The first seed on which engine and verifier differ; 0: none.
std::uint64_t first_disagreement(std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const sim::WholeDrillShape shape{.operations = 200 + seed % 300,
                                     .streams = 1 + seed % 11,
                                     .interval = base::millis(seed % 2 == 0 ? 10 : 50),
                                     .mess = static_cast<double>(seed % 5) / 4};
    const auto bundle = bundle::read(verify::judged_drill(seed, shape).bytes());
    if (!bundle) return seed;
    const auto verified = verify::verify(*bundle);
    if (!verified || !verified->differences.empty()) return seed;
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  constexpr std::uint64_t kEach = 125'000;
  const std::uint64_t seeds = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 200;
  const sim::WholeDrillShape shape{.operations = kEach, .streams = 8, .mess = 0.01};
  const verify::JudgedDrill drill = verify::judged_drill(1, shape);
  const auto operations = static_cast<double>(drill.evidence.records.size());

  const Watch writing;
  const std::string bytes = drill.bytes();
  std::printf("bundle: %.0f operations, %.2f bytes each, written in %.2f s of CPU\n", operations,
              static_cast<double>(bytes.size()) / operations, writing.cpu());

  const Watch watch;
  const auto bundle = bundle::read(bytes);
  if (!bundle) {
    std::printf("verify: %s\n", bundle.error().message.c_str());
    return 1;
  }
  const double read = watch.cpu();
  const auto verified = verify::verify(*bundle);
  if (!verified || !verified->differences.empty()) {
    std::printf("verify: does not agree\n");
    return 1;
  }
  std::printf("verify: %.2f s of CPU (%.2f s to read), %.2f s elapsed, %llu figures agree\n",
              watch.cpu(), read, watch.elapsed(),
              static_cast<unsigned long long>(verified->compared));
  const std::uint64_t differs = first_disagreement(seeds);
  if (differs != 0) {
    std::printf("drawn drills: engine and verifier differ, seed %llu\n",
                static_cast<unsigned long long>(differs));
    return 1;
  }
  std::printf("drawn drills: %llu of %llu agree\n", static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(seeds));
  return 0;
}
