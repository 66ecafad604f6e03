#include "api/plan_strict.h"

#include <charconv>
#include <string>

#include <fmt/format.h>

#include "api/field_text.h"

namespace api {
namespace {

using base::Result;

/// An amount is an integer or a number in a string.
double amount(const Node& node) {
  if (!node.is_string()) return node.as_double();
  double value = 0;
  const std::string& text = node.as_string();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

tl::unexpected<base::Error> weaker(const std::string& field, const Node& before, const Node& after,
                                   const char* allowed) {
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("{}: {} instead of {} is not allowed: an override may only make a plan "
                  "stricter ({})",
                  field, show(after), show(before), allowed));
}

Result<> same(const std::string& field, const Node& before, const Node& after) {
  if (before == after) return {};
  return weaker(field, before, after, "it has to stay as it is");
}

Result<> at_most(const std::string& field, const Node& before, const Node& after) {
  if (before.is_null() || (!after.is_null() && amount(after) <= amount(before))) return {};
  return weaker(field, before, after, "the value or less");
}

Result<> at_least(const std::string& field, const Node& before, const Node& after) {
  if (before.is_null() || (!after.is_null() && amount(after) >= amount(before))) return {};
  return weaker(field, before, after, "the value or more");
}

const Node& or_else(const Node& node, const Node& otherwise) {
  return node.is_null() ? otherwise : node;
}

Result<> objectives(const Node& before, const Node& after) {
  static const Node kAge(90);
  static const Node kZero("Onset");
  const std::string path = "spec.objectives.";
  TRY(at_most(path + "rtoSeconds", before["rtoSeconds"], after["rtoSeconds"]));
  TRY(at_most(path + "rpoSeconds", before["rpoSeconds"], after["rpoSeconds"]));
  TRY(at_most(path + "maxAgeDays", or_else(before["maxAgeDays"], kAge),
              or_else(after["maxAgeDays"], kAge)));
  TRY(same(path + "zeroPoint", or_else(before["zeroPoint"], kZero),
           or_else(after["zeroPoint"], kZero)));
  return same(path + "decidedBy", before["decidedBy"], after["decidedBy"]);
}

Result<> criteria(const std::string& path, const Node& before, const Node& after) {
  if (after.size() < before.size()) return weaker(path, before, after, "criteria may be added");
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Node& old = before.items()[i];
    const Node& now = after.items()[i];
    const std::string item = fmt::format("{}[{}].", path, i);
    TRY(same(item + "metric", old["metric"], now["metric"]));
    TRY(same(item + "statistic", old["statistic"], now["statistic"]));
    TRY(same(item + "operation", old["operation"], now["operation"]));
    TRY(at_most(item + "atMost", old["atMost"], now["atMost"]));
    TRY(at_least(item + "atLeast", old["atLeast"], now["atLeast"]));
  }
  return {};
}

Result<> phase_targets(const Node& before, const Node& after) {
  for (const Entry& entry : before.entries()) {
    if (amount(entry.value) == 0) continue;  // none: anything is stricter
    const Node& now = after[entry.key];
    const std::string field = "spec.phaseTargets." + entry.key;
    if (amount(now) == 0) return weaker(field, entry.value, now, "0 is no target");
    TRY(at_most(field, entry.value, now));
  }
  return {};
}

Result<> guard(const Node& before, const Node& after) {
  static const Node kTargets(1);
  TRY(at_most("spec.guard.maxTargets", or_else(before["maxTargets"], kTargets),
              or_else(after["maxTargets"], kTargets)));
  static const Node kSilence(60);
  const Node& silence = or_else(before["silenceSeconds"], kSilence);
  const Node& silence_now = or_else(after["silenceSeconds"], kSilence);
  if (amount(silence) != 0) {  // 0: for ever, anything is stricter
    if (amount(silence_now) == 0) {
      return weaker("spec.guard.silenceSeconds", silence, silence_now, "0 is for ever");
    }
    TRY(at_most("spec.guard.silenceSeconds", silence, silence_now));
  }
  const Node& old = before["abortWhen"];
  const Node& now = after["abortWhen"];
  if (now.size() < old.size()) {
    return weaker("spec.guard.abortWhen", old, now, "conditions may be added");
  }
  for (std::size_t i = 0; i < old.size(); ++i) {
    TRY(same(fmt::format("spec.guard.abortWhen[{}]", i), old.items()[i], now.items()[i]));
  }
  return {};
}

/// What only another place sees would not be seen.
Result<> vantages(const Node& before, const Node& after) {
  static const Node kVantages(2);
  return at_least("spec.vantages", or_else(before, kVantages), or_else(after, kVantages));
}

/// What is good and bad is the deadline's to say: a longer one would hide an outage.
Result<> probes(const Node& before, const Node& after) {
  if (after.size() < before.size()) {
    return weaker("spec.probes", before, after, "probes may be added");
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Node& old = before.items()[i];
    const Node& now = after.items()[i];
    const std::string path = fmt::format("spec.probes[{}].", i);
    TRY(same(path + "name", old["name"], now["name"]));
    for (const Entry& kind : old.entries()) {
      if (!kind.value.is_map()) continue;
      const Node& deadline = kind.value["deadlineMillis"];
      TRY(at_most(path + kind.key + ".deadlineMillis", deadline, now[kind.key]["deadlineMillis"]));
    }
  }
  return {};
}

}  // namespace

base::Result<> check_stricter(const Node& before, const Node& after) {
  const Node& old = before["spec"];
  const Node& now = after["spec"];
  // Another name would be another history.
  TRY(same("metadata.name", before["metadata"]["name"], after["metadata"]["name"]));
  TRY(probes(old["probes"], now["probes"]));
  TRY(vantages(old["vantages"], now["vantages"]));
  TRY(same("spec.fault.provenBy", old["fault"]["provenBy"], now["fault"]["provenBy"]));
  TRY(same("spec.monitoring", old["monitoring"], now["monitoring"]));
  TRY(objectives(old["objectives"], now["objectives"]));
  TRY(criteria("spec.criteria.degraded", old["criteria"]["degraded"], now["criteria"]["degraded"]));
  TRY(criteria("spec.criteria.validation", old["criteria"]["validation"],
               now["criteria"]["validation"]));
  TRY(phase_targets(old["phaseTargets"], now["phaseTargets"]));
  return guard(old["guard"], now["guard"]);
}

}  // namespace api
