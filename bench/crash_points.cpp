// Whole drills in virtual time whose process dies at a point that is drawn: before and after every
// action, before, in and after every durable write, of every plan that ships and of the shapes that
// no shipped plan has (tests/sim/plans). Nothing may be left
// broken, except where no undo could help (then the drill says so), and nothing injected twice.
// A failure prints its seed; `make sim SEED=n` shows that drill event by event.
//   crash_points [DRILLS] [FIRST SEED] [FOLDER OF PLANS...]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "../tests/sim/plan_shapes.h"
#include "sim/drill_world.h"

namespace {

struct Counts {
  std::uint64_t drills = 0, injected = 0, at_action = 0, at_write = 0, unhelpable = 0, broken = 0;

  void add(const sim::WorldOptions& options, const sim::WorldResult& result) {
    ++drills;
    injected += result.injected ? 1 : 0;
    unhelpable += result.hopeless && !result.whole ? 1 : 0;
    broken += result.violations.empty() ? 0 : 1;
    if (!options.crash || result.crashes == 0) return;
    const bool write = options.crash->where == sim::CrashPoint::Where::Write;
    (write ? at_write : at_action) += result.crashes;
  }
};

void print(const char* name, const Counts& counts) {
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%-40s %10llu %10llu %12llu %12llu %12llu %8llu\n", name, number(counts.drills),
              number(counts.injected), number(counts.at_action), number(counts.at_write),
              number(counts.unhelpable), number(counts.broken));
}

void tell(const sim::WorldOptions& options, const sim::WorldResult& result) {
  std::fprintf(stderr, "seed %llu, %s, %s:", static_cast<unsigned long long>(options.seed),
               options.shape->name.c_str(), sim::name(options.day));
  for (const std::string& violation : result.violations) {
    std::fprintf(stderr, " %s;", violation.c_str());
  }
  std::fputc('\n', stderr);
}

std::vector<sim::Shape> shapes_in(const std::vector<std::string>& folders) {
  std::vector<sim::Shape> out;
  for (const std::string& folder : folders) {
    sim::PlanShapes read = sim::plan_shapes(folder);
    if (!read.error.empty()) {
      std::fprintf(stderr, "crash_points: %s\n", read.error.c_str());
      std::exit(2);
    }
    for (sim::Shape& shape : read.shapes) out.push_back(std::move(shape));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t drills = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::vector<std::string> folders(argv + (argc > 3 ? 3 : argc), argv + argc);
  if (folders.empty()) folders = {"dr-drills", "tests/sim/plans"};
  const std::vector<sim::Shape> shapes = shapes_in(folders);
  std::map<std::string, Counts> counts;
  Counts all;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed < first + drills; ++seed) {
    const sim::WorldOptions options = sim::sampled(shapes, seed);
    const sim::WorldResult result = sim::run_drill(options);
    counts[options.shape->name].add(options, result);
    all.add(options, result);
    if (!result.violations.empty() && all.broken <= 20) tell(options, result);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%-40s %10s %10s %12s %12s %12s %8s\n", "plan", "drills", "with fault",
              "died: action", "died: write", "unhelpable", "broken");
  for (const auto& [name, one] : counts) print(name.c_str(), one);
  print("all", all);
  std::printf("%.0f s\n", took.count());
  return all.broken == 0 ? 0 : 1;
}
