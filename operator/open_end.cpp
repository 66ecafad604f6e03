#include "operator/open_end.h"

#include <algorithm>

#include "runner/plan_config.h"
#include "targets/outliving.h"

namespace op {
namespace {

using State = store::JournalEntry::State;

const store::JournalEntry* entry_of(const store::JournalContents& journal, drill::PartId id) {
  const std::string part = drill::to_string(id);
  const auto found = std::find_if(journal.entries.begin(), journal.entries.end(),
                                  [&](const auto& each) { return each.record.part == part; });
  return found == journal.entries.end() ? nullptr : &*found;
}

base::Duration outlives(const api::Action& action, const targets::Catalog& catalog, bool fault) {
  auto* driver = catalog.driver(action.kind, fault ? api::Use::Fault : api::Use::Step);
  const auto* outliving = dynamic_cast<const targets::Outliving*>(driver);
  return outliving == nullptr ? base::Duration{} : outliving->outlives(action.params);
}

}  // namespace

OpenEnd open_end_of(const api::RecoveryPlan& plan, const targets::Catalog& catalog,
                    const store::JournalContents& journal, bool failback) {
  OpenEnd out;
  if (!journal.needs_recovery()) return out;
  out.request = failback;
  for (const drill::PartId id : runner::parts_of(plan)) {
    const store::JournalEntry* entry = entry_of(journal, id);
    const bool unheard = entry != nullptr && entry->state == State::Recorded;
    out.request |= unheard;
    // One whose runner has lost it, too.
    const bool unknown = entry != nullptr && entry->state == State::Unknown;
    const bool in_failback = failback && id.kind == drill::PartId::Kind::Failback;
    if (!unheard && !unknown && !in_failback) continue;
    const bool fault = id.kind == drill::PartId::Kind::Fault;
    const api::Action& action = *runner::part_of(plan, id).action;
    out.goes_on = std::max(out.goes_on, outlives(action, catalog, fault));
  }
  return out;
}

}  // namespace op
