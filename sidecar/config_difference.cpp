#include "sidecar/config_difference.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "sidecar/config_file.h"

namespace sidecar {
namespace {

using Flags = std::vector<std::string>;

/// Both sorted.
Flags without(const Flags& all, const Flags& those) {
  Flags out;
  std::ranges::set_difference(all, those, std::back_inserter(out));
  return out;
}

Flags flags_of(std::string_view text) {
  auto flags = flags_of_config(text, "");
  return flags ? *std::move(flags) : Flags();
}

std::string waits_of(const Flags& waiting) {
  return waiting.empty() ? std::string()
                         : fmt::format("; waits for a restart: {}", fmt::join(waiting, " "));
}

/// Of flags, "--deny=10.0.0.0/8", each name once.
std::string names_of(const Flags& come, const Flags& gone) {
  std::set<std::string> names;
  for (const Flags* flags : {&come, &gone}) {
    for (const std::string& flag : *flags) names.insert(flag.substr(0, flag.find('=')));
  }
  return fmt::format("{}", fmt::join(names, " "));
}

}  // namespace

std::string difference_of(Flags before, Flags now, const Flags& waiting) {
  const bool moved = before != now;
  std::ranges::sort(before);
  std::ranges::sort(now);
  const Flags come = without(now, before), gone = without(before, now);
  if (come.empty() && gone.empty()) {
    const std::string same = moved ? "the order of what it says" : "nothing but how it is written";
    return same + waits_of(waiting);
  }
  std::string out = names_of(come, gone) + waits_of(waiting);
  if (!come.empty()) out += fmt::format("; now {}", fmt::join(come, " "));
  if (!gone.empty()) out += fmt::format("; no more {}", fmt::join(gone, " "));
  return out;
}

std::string difference_of(std::string_view before, std::string_view now, const Flags& waiting) {
  return difference_of(flags_of(before), flags_of(now), waiting);
}

}  // namespace sidecar
