#include "drill/engine_config.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace drill {

namespace {

constexpr std::string_view kKinds[] = {"fault", "step", "failback"};
constexpr std::string_view kUndos[] = {"None", "IfNotPromoted", "Always"};

void check_timing(const EngineTiming& timing, std::vector<std::string>& problems) {
  const std::pair<const char*, base::Duration> positive[] = {
      {"preflight", timing.preflight},
      {"baseline", timing.baseline},
      {"hold", timing.hold},
      {"recovery", timing.recovery},
      {"overall", timing.overall},
      {"record", timing.record},
      {"prove", timing.prove},
      {"cancel grace", timing.cancel_grace},
      {"late result", timing.late_result},
      {"answer", timing.answer},
      {"final read", timing.final_read},
      {"restore", timing.restore},
      {"restore retry", timing.restore_retry},
      {"longest restore retry", timing.restore_retry_longest},
      {"ask again", timing.ask_again},
      {"redundancy", timing.redundancy}};
  constexpr auto kLongest = std::chrono::hours(24 * 365);
  for (const auto& [name, value] : positive) {
    if (value <= base::Duration::zero() || value > kLongest) {
      problems.push_back(fmt::format("timing: {} is {}, allowed is more than 0 and up to a year",
                                     name, base::human(value)));
    }
  }
  if (timing.validation < base::Duration::zero() || timing.validation > kLongest) {
    problems.emplace_back("timing: validation is out of range");
  }
  if (timing.baseline < timing.hold) {
    problems.push_back(fmt::format("timing: a baseline of {} cannot show a steady state of {}",
                                   base::human(timing.baseline), base::human(timing.hold)));
  }
}

void check_parts(const std::vector<PartConfig>& parts, PartId::Kind kind,
                 std::vector<std::string>& problems) {
  const auto what = kKinds[static_cast<std::size_t>(kind)];
  for (const PartConfig& part : parts) {
    if (part.timeout <= base::Duration::zero()) {
      problems.push_back(fmt::format("{} '{}': the timeout is not positive", what, part.name));
    }
    if (kind == PartId::Kind::Failback) continue;
    if (kind == PartId::Kind::Fault && (!part.changes_target || part.undo == Undo::None)) {
      problems.push_back(fmt::format("fault '{}' has no undo", part.name));
    }
    if (!part.changes_target && (part.undo != Undo::None || part.forward_only)) {
      problems.push_back(fmt::format("{} '{}' changes nothing but has an undo", what, part.name));
    }
  }
}

}  // namespace

std::string to_string(PartId id) {
  return fmt::format("{}:{}", kKinds[static_cast<std::size_t>(id.kind)], id.index);
}

bool parse(std::string_view text, PartId& id) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto* kind = std::find(std::begin(kKinds), std::end(kKinds), text.substr(0, colon));
  if (kind == std::end(kKinds)) return false;
  const std::string_view number = text.substr(colon + 1);
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc{} || end != number.data() + number.size()) return false;
  id = {static_cast<PartId::Kind>(kind - std::begin(kKinds)), index};
  return true;
}

const char* name(Undo undo) {
  return kUndos[static_cast<std::size_t>(undo)].data();
}

bool parse(std::string_view text, Undo& undo) {
  const auto* found = std::find(std::begin(kUndos), std::end(kUndos), text);
  if (found == std::end(kUndos)) return false;
  undo = static_cast<Undo>(found - std::begin(kUndos));
  return true;
}

const PartConfig* EngineConfig::find(PartId id) const {
  const auto& list = id.kind == PartId::Kind::Fault  ? faults
                     : id.kind == PartId::Kind::Step ? steps
                                                     : failback;
  return id.index < list.size() ? &list[id.index] : nullptr;
}

std::vector<std::string> problems_of(const EngineConfig& config) {
  std::vector<std::string> problems;
  if (config.faults.empty()) problems.emplace_back("a drill without a fault shows nothing");
  check_timing(config.timing, problems);
  check_parts(config.faults, PartId::Kind::Fault, problems);
  check_parts(config.steps, PartId::Kind::Step, problems);
  check_parts(config.failback, PartId::Kind::Failback, problems);
  std::set<std::string> hit;
  for (const PartConfig& fault : config.faults) {
    hit.insert(fault.targets.begin(), fault.targets.end());
  }
  if (hit.size() > config.targets_max) {
    problems.push_back(fmt::format("the faults hit {} targets, the guard allows {}", hit.size(),
                                   config.targets_max));
  }
  if (config.promotion_asks == 0 || config.restore_attempts == 0 || config.failback_attempts == 0) {
    problems.emplace_back("asks and attempts must be at least 1");
  }
  return problems;
}

}  // namespace drill
