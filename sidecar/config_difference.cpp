#include "sidecar/config_difference.h"

#include <algorithm>
#include <iterator>

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

}  // namespace

std::string difference_of(Flags before, Flags now) {
  const bool moved = before != now;
  std::ranges::sort(before);
  std::ranges::sort(now);
  const Flags come = without(now, before), gone = without(before, now);
  if (come.empty() && gone.empty()) {
    return moved ? "the order of what it says" : "nothing but how it is written";
  }
  std::string out;
  if (!come.empty()) out = fmt::format("now {}", fmt::join(come, " "));
  if (!come.empty() && !gone.empty()) out += "; ";
  if (!gone.empty()) out += fmt::format("no more {}", fmt::join(gone, " "));
  return out;
}

std::string difference_of(std::string_view before, std::string_view now) {
  return difference_of(flags_of(before), flags_of(now));
}

}  // namespace sidecar
