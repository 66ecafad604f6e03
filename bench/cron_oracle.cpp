// Cron in a time zone against the oracle of tests/scheduling: every IANA zone, fifty years, a set
// of expressions and random ones, every slot compared.  cron_oracle [ZONES-EVERY [FIRST-YEAR
// LAST-YEAR]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../tests/scheduling/expressions.h"
#include "../tests/scheduling/oracle.h"
#include "base/random.h"
#include "scheduling/cron.h"

namespace {

using oracle::Minute;
using scheduling::Instant;
using scheduling::Seconds;

struct Compared {
  std::int64_t slots = 0;
  std::int64_t around_changes = 0;  // slots at which the clock does something
  std::int64_t probed = 0;          // from instants around changes
  std::int64_t mismatches = 0;
};

void complain(const std::string& zone, const std::string& text, Minute expected, Minute found) {
  std::printf("MISMATCH %s \"%s\": expected %s, found %s\n", zone.c_str(), text.c_str(),
              scheduling::utc_text(Instant(Seconds(expected * 60))).c_str(),
              scheduling::utc_text(Instant(Seconds(found * 60))).c_str());
}

/// From instants around every change of the clock, not only from slot to slot.
void compare_around_changes(const scheduling::Zone& zone, const scheduling::Cron& cron,
                            const std::vector<oracle::Offset>& offsets,
                            const std::vector<Minute>& expected, Compared& out) {
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    for (Minute minute = offsets[i].from - 180; minute < offsets[i].from + 180; minute += 13) {
      const auto want = std::upper_bound(expected.begin(), expected.end(), minute);
      if (want == expected.end() || minute < expected.front()) continue;
      const auto slot = scheduling::next_after(cron, zone, Instant(Seconds(minute * 60 + 30)));
      const Minute got = slot ? slot->at.time_since_epoch().count() / 60 : -1;
      ++out.probed;
      if (got == *want) continue;
      complain(zone.name(), cron.text(), *want, got);
      ++out.mismatches;
    }
  }
}

void compare(const std::string& name, const oracle::Expression& expression,
             const std::vector<oracle::Offset>& offsets, const std::vector<Minute>& expected,
             Compared& out, int first, int last) {
  const auto zone = scheduling::Zone::load(name);
  const auto cron = scheduling::Cron::parse(expression.text);
  if (!zone || !cron) {
    std::printf("REFUSED %s\n", (!zone ? zone.error() : cron.error()).message.c_str());
    ++out.mismatches;
    return;
  }
  compare_around_changes(*zone, *cron, offsets, expected, out);
  Instant at(Seconds((oracle::days_before(first) + 1) * 86400 - 1));
  const Instant end(Seconds((oracle::days_before(last + 1) - 1) * 86400));
  std::size_t i = 0;
  while (true) {
    const auto slot = scheduling::next_after(*cron, *zone, at);
    const bool found = slot && slot->at < end;
    if (!found && i == expected.size()) return;
    const Minute want = i < expected.size() ? expected[i] : -1;
    const Minute got = found ? slot->at.time_since_epoch().count() / 60 : -1;
    if (want != got || (found && slot->at.time_since_epoch().count() % 60 != 0)) {
      complain(name, expression.text, want, got);
      ++out.mismatches;
      return;
    }
    ++out.slots;
    if (slot->clock != scheduling::Slot::Clock::Plain) ++out.around_changes;
    at = slot->at;
    ++i;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int every = count > 1 ? std::atoi(arguments[1]) : 1;
  const int first = count > 3 ? std::atoi(arguments[2]) : 1990;
  const int last = count > 3 ? std::atoi(arguments[3]) : 2039;
  const auto began = std::chrono::steady_clock::now();
  base::Random random(20261121);
  std::vector<oracle::Expression> expressions = oracle::telling_expressions();
  for (int i = 0; i < 6; ++i) expressions.push_back(oracle::random_expression(random));
  std::map<std::string, std::vector<std::uint8_t>> matches;
  for (const auto& expression : expressions) {
    matches[expression.text] = oracle::matching_minutes(expression, first, last);
  }
  // Many names are links: the oracle walks each set of offsets once, the code under test each name.
  using Group = std::pair<std::vector<oracle::Offset>, std::vector<std::string>>;
  std::vector<Group> groups;
  const std::vector<std::string> names = oracle::zone_names();
  int zones = 0;
  for (std::size_t i = 0; i < names.size(); i += static_cast<std::size_t>(every), ++zones) {
    auto offsets = oracle::offsets(names[i], first, last);
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const Group& group) { return group.first == offsets; });
    if (same != groups.end()) {
      same->second.push_back(names[i]);
    } else {
      groups.push_back({std::move(offsets), {names[i]}});
    }
  }
  Compared total;
  for (const auto& [offsets, members] : groups) {
    for (const auto& expression : expressions) {
      const auto expected =
          oracle::slots(expression, matches[expression.text], offsets, first, last);
      for (const auto& name : members)
        compare(name, expression, offsets, expected, total, first, last);
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf(
      "%lld mismatches in %lld slots (%lld at clock changes) and %lld instants around changes, "
      "%d zones x %zu expressions x "
      "%d years, %.0f s\n",
      static_cast<long long>(total.mismatches), static_cast<long long>(total.slots),
      static_cast<long long>(total.around_changes), static_cast<long long>(total.probed), zones,
      expressions.size(), last - first + 1, seconds);
  return total.mismatches == 0 && zones > 0 ? 0 : 1;
}
