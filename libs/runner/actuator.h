// Carries out single parts of a plan: prepares and records their undo, applies them, proves them,
// puts them back. Undo before do: record() answers ok only when the undo is durable, and every
// result is in the journal before it is told.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>

#include "api/recovery_plan.h"
#include "drill/engine_config.h"
#include "drill/engine_events.h"
#include "store/undo_journal.h"
#include "targets/catalog.h"
#include "targets/driver.h"
#include "targets/lease.h"

namespace runner {

class Actuator {
 public:
  /// Asked right before a part is carried out: whether it is still this process's to do. Between
  /// the write of the journal and now the process may have stood still, and somebody else may have
  /// undone what was not done yet.
  using Confirm = std::function<aio::Task<base::Result<>>(std::stop_token stop)>;

  /// Lifetime: all outlive it. The plan is resolved (no placeholders). `confirm`: none: nobody else
  /// can have it.
  Actuator(const api::RecoveryPlan& plan, targets::Context& context, store::UndoJournal& journal,
           Confirm confirm = {})
      : plan_(plan), context_(context), journal_(journal), confirm_(std::move(confirm)) {}

  /// Whether every part may be done, as far as it can be known before. Changes nothing.
  /// Errors: of the first that may not, naming it.
  aio::Task<base::Result<>> preflight(std::stop_token stop);
  aio::Task<drill::event::Recorded> record(drill::PartId id, base::Duration limit,
                                           std::stop_token stop);
  /// Injects the fault or runs the step within its timeout.
  /// Cancellation: answers with what is known: Failed or Unknown. Where something of it may still
  /// take effect, settle() has to follow: until then nobody knows, and so says the journal.
  aio::Task<drill::event::Applied> apply(drill::PartId id, std::stop_token stop);
  /// Its answer once more, when nothing of it can take effect any more.
  /// Cancellation: as it was.
  aio::Task<drill::event::Applied> settle(drill::event::Applied open, std::stop_token stop);
  /// Keeps a fault that was applied in force until told to stop; returns at once where it is no
  /// lease (targets/lease.h). `lost`: told of a part of it that is in force no more. Errors:
  /// nothing of it is.
  aio::Task<base::Result<>> sustain(drill::PartId id, targets::Lease::Lost lost,
                                    std::stop_token stop);
  /// Looks until the fault is seen to be in force: by its kind, then by the plan's proof.
  aio::Task<drill::event::Proven> prove(drill::PartId id, base::Duration limit,
                                        std::stop_token stop);
  /// One attempt of an undo, of this number.
  aio::Task<drill::event::Restored> restore(drill::action::Restore what, base::Duration limit,
                                            std::stop_token stop);
  /// Of the target.
  base::Duration ends_within() const { return context_.target.ends_within(); }

 private:
  aio::Task<base::Result<>> refuse_idle_proof(drill::PartId id, std::stop_token stop);
  aio::Task<base::Result<>> prepare_and_record(drill::PartId id, std::stop_token stop);
  aio::Task<base::Result<std::string>> run(drill::PartId id, std::stop_token stop);
  aio::Task<base::Result<std::string>> proof(drill::PartId id, std::stop_token stop);
  aio::Task<base::Result<>> undo(drill::PartId id, std::stop_token stop);
  void note_result(drill::event::Applied& applied);
  base::Result<targets::Driver*> driver_of(drill::PartId id) const;
  const store::JournalEntry* entry_of(drill::PartId id) const;
  base::Result<api::Node> prepared(drill::PartId id) const;

  const api::RecoveryPlan& plan_;
  targets::Context& context_;
  store::UndoJournal& journal_;
  Confirm confirm_;
  std::map<drill::PartId, base::TimePoint> open_;  // until when they may still take effect
};

}  // namespace runner
