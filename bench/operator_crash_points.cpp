// Whole drills of a cluster in virtual time, with the product's operator, runner and guardian,
// which die or stand still before or after writes that are drawn. No fault may be left, none
// injected twice, nobody stuck (tests/operator/simulated/laws.h). A point is one such write that
// was reached; a run has some (tests/operator/simulated/run_options.h).
//   operator_crash_points [--points=COUNT[:FIRST SEED]]  until there were so many; 10^6 if not said
//   operator_crash_points --runs=COUNT[:FIRST SEED]      so many runs, for 10^6 in several parts
//   operator_crash_points --run SCENARIO:SEED[:POINT,...]  one, event by event
// A line each ten seconds. The last line says the seed with which the next part goes on.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulated/operator_world.h"

namespace {

struct Counts {
  std::uint64_t runs = 0, drills = 0, faults = 0, died = 0, stood = 0, writes = 0, violated = 0;

  std::uint64_t points() const { return died + stood; }
  void add(const op::RunResult& result) {
    ++runs;
    drills += static_cast<std::uint64_t>(result.drills);
    faults += static_cast<std::uint64_t>(result.faults);
    writes += result.writes;
    violated += result.violations.empty() ? 0 : 1;
    died += static_cast<std::uint64_t>(result.died);
    stood += static_cast<std::uint64_t>(result.stood);
  }
};

void print(const char* name, const Counts& counts) {
  std::printf("%-14s", name);
  for (const std::uint64_t each : {counts.runs, counts.points(), counts.died, counts.stood,
                                   counts.drills, counts.faults, counts.writes, counts.violated}) {
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
  std::printf("%u writes, %d faults, %d of %zu points\n", result.writes, result.faults,
              result.points(), options->points.size());
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
    const auto number = [](std::uint64_t each) { return static_cast<unsigned long long>(each); };
    std::fprintf(stderr, "%llu runs, %llu points, %.1f/s, %llu violated\n", number(all.runs),
                 number(all.points()), static_cast<double>(all.points()) / seconds(),
                 number(all.violated));
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double next_ = 10;
};

/// How many of what is said, and from which seed on.
struct Wish {
  std::uint64_t points = 1'000'000, runs = ~std::uint64_t{0}, first = 1;
};

std::optional<Wish> wish_of(std::string_view said) {
  Wish out;
  const bool runs = said.starts_with("--runs=");
  if (!runs && !said.starts_with("--points=")) return std::nullopt;
  const std::string numbers(said.substr(said.find('=') + 1));
  char* rest = nullptr;
  const std::uint64_t count = std::strtoull(numbers.c_str(), &rest, 10);
  if (*rest == ':') out.first = std::strtoull(rest + 1, &rest, 10);
  if (*rest != '\0' || count == 0) return std::nullopt;
  out.runs = runs ? count : out.runs;
  out.points = runs ? ~std::uint64_t{0} : count;
  return out;
}

int run_many(const Wish& wish) {
  std::map<std::string, Counts> counts;
  Counts all;
  Progress progress;
  std::uint64_t seed = wish.first;
  for (; all.runs < wish.runs && all.points() < wish.points; ++seed) {
    const op::RunOptions options = op::sampled(seed);
    const op::RunResult result = op::run_drills(options);
    counts[op::name(options.scenario)].add(result);
    all.add(result);
    if (!result.violations.empty() && all.violated <= 20) tell(options, result);
    progress.tell_now_and_then(all);
  }
  std::printf("%-14s", "scenario");
  for (const char* each :
       {"runs", "points", "died", "stood still", "drills", "faults", "writes", "violated"}) {
    std::printf(" %11s", each);
  }
  std::printf("\n");
  for (const auto& [name, one] : counts) print(name.c_str(), one);
  print("all", all);
  const double milliseconds = 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::printf("%.0f s, %.2f ms of CPU a point, %.2f ms a run; next seed %llu\n", progress.seconds(),
              milliseconds / static_cast<double>(std::max<std::uint64_t>(all.points(), 1)),
              milliseconds / static_cast<double>(std::max<std::uint64_t>(all.runs, 1)),
              static_cast<unsigned long long>(seed));
  return all.violated == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "--run") return run_one(argv[2]);
  const auto wish = argc > 1 ? wish_of(argv[1]) : Wish{};
  if (argc > 2 || !wish) {
    std::fprintf(stderr,
                 "usage: operator_crash_points [--points=COUNT[:FIRST] | --runs=COUNT[:FIRST] | "
                 "--run RUN]\n");
    return 2;
  }
  return run_many(*wish);
}
