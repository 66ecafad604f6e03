#include "simulated/run_options.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <fmt/format.h>

#include "base/random.h"

namespace op {
namespace {

constexpr int kPointsMost = 30;

/// Of which a point is one: a little more than a run without a crash has.
std::uint32_t writes_of(Scenario scenario) {
  if (scenario == Scenario::Scheduled) return 230;
  return scenario == Scenario::Two ? 150 : 95;
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, by);) out.push_back(word);
  return out;
}

template <class T>
std::optional<T> number(const std::string& word) {
  T out{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  const bool whole = error == std::errc() && end == word.data() + word.size();
  return whole ? std::optional(out) : std::nullopt;
}

std::string text_of(const CrashPoint& point) {
  std::string out = fmt::format("{}:{}", point.write, point.after ? "after" : "before");
  const auto still = std::chrono::duration_cast<std::chrono::milliseconds>(point.still);
  if (still.count() > 0) out += fmt::format(":{}", still.count());
  if (point.node) out += ":node";
  if (point.operators) out += ":operator";
  return out;
}

std::optional<CrashPoint> parse_point(const std::string& text) {
  const std::vector<std::string> words = split(text, ':');
  if (words.size() < 2) return std::nullopt;
  const auto write = number<std::uint32_t>(words[0]);
  if (!write || (words[1] != "before" && words[1] != "after")) return std::nullopt;
  CrashPoint out;
  out.write = *write;
  out.after = words[1] == "after";
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto millis = number<std::int64_t>(words[i]);
    if (millis) {
      out.still = base::millis(*millis);
    } else if (words[i] == "node" || words[i] == "operator") {
      (words[i] == "node" ? out.node : out.operators) = true;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

CrashPoint drawn(base::Random& random, std::uint32_t write) {
  CrashPoint point;
  point.write = write;
  point.after = random.chance(0.5);
  if (random.chance(0.3)) point.still = base::millis(random.between(500, 30'000));
  if (point.still > base::Duration{} && random.chance(0.5)) {
    point.node = true;
    point.still += base::seconds(5);  // for which a guardian waits for the runner's end
  }
  return point;
}

std::vector<CrashPoint> drawn_several(base::Random& random, Scenario scenario) {
  constexpr std::array kShares{0.15, 0.5, 1.0};  // of points that are anybody's
  const bool alone = scenario == Scenario::Alone || scenario == Scenario::Guarded;
  const double anybodys = alone ? 1 : kShares[random.below(kShares.size())];
  std::vector<CrashPoint> out;
  const std::uint64_t first = random.chance(0.5) ? 25 : writes_of(scenario) / 2;
  auto write = static_cast<std::uint32_t>(random.below(first));
  for (int i = 0; i < kPointsMost; ++i) {
    out.push_back(drawn(random, write));
    out.back().operators = !random.chance(anybodys);
    if (out.back().operators) out.back().node = false;
    const std::uint64_t gap = random.chance(0.6) ? random.below(3) : 3 + random.below(12);
    write += static_cast<std::uint32_t>(gap);
  }
  return out;
}

}  // namespace

std::string to_string(const RunOptions& options) {
  std::string out = fmt::format("{}:{}", name(options.scenario), options.seed);
  for (std::size_t i = 0; i < options.points.size(); ++i) {
    out += (i == 0 ? ":" : ",") + text_of(options.points[i]);
  }
  return out;
}

std::optional<RunOptions> parse_run(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  RunOptions out;
  const auto scenario = std::find_if(kScenarios.begin(), kScenarios.end(), [&](Scenario each) {
    return text.substr(0, colon) == name(each);
  });
  if (scenario == kScenarios.end()) return std::nullopt;
  out.scenario = *scenario;
  const std::size_t next = std::min(text.find(':', colon + 1), text.size());
  const auto seed = number<std::uint64_t>(text.substr(colon + 1, next - colon - 1));
  if (!seed) return std::nullopt;
  out.seed = *seed;
  if (next == text.size()) return out;
  for (const std::string& each : split(text.substr(next + 1), ',')) {
    const auto point = parse_point(each);
    if (!point) return std::nullopt;
    out.points.push_back(*point);
  }
  return out;
}

RunOptions sampled(std::uint64_t seed) {
  base::Random random(seed);
  RunOptions out;
  out.seed = seed;
  out.scenario = kScenarios[random.below(kScenarios.size())];
  if (random.chance(0.2)) {
    const auto write = static_cast<std::uint32_t>(random.below(writes_of(out.scenario)));
    out.points = {drawn(random, write)};
  } else {
    out.points = drawn_several(random, out.scenario);
  }
  return out;
}

}  // namespace op
