// What a fault or a step does, and what a condition looks at: the only code of a kind. Adding a
// kind is a pair of files with one class and a line in catalog.cpp.
//
// The order in which a driver is used, which the undo journal relies on:
//   check      what is wrong with the parameters beyond their table, when a plan is read
//   preflight  whether it may be done at all, before the drill begins; changes nothing
//   prepare    looks, changes nothing, returns what undo will need (kept on disk before apply)
//   apply      does it, once; never repeated
//   prove      of a fault: looks until it is seen to be in force
//   undo       puts back what prepare saw. Idempotent: also after an apply that never ran, ran
//              halfway, or ran and was undone already; by this process or a later one
// A plan's parameters arrive validated against the kind's table, defaults filled, and but for
// check() and needs_proof() with placeholders resolved.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/action.h"
#include "base/result.h"
#include "drill/engine_config.h"
#include "targets/local_target.h"
#include "targets/sql.h"
#include "targets/target.h"

namespace targets {

class Catalog;

/// A GET whose answer only matters by its status.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Errors: Unavailable, DeadlineExceeded, InvalidArgument for what is no address, Cancelled.
  virtual aio::Task<base::Result<int>> status(std::string url, base::Duration limit,
                                              std::stop_token stop) = 0;
};

/// What the running probes show now; outside of a drill nothing is known.
class ProbeWatch {
 public:
  virtual ~ProbeWatch() = default;
  struct View {
    bool good = false;
    base::Duration lasting{};  // good or bad without interruption
  };
  /// nullopt: no probe of that name has answered yet.
  virtual std::optional<View> view(const std::string& probe) const = 0;
};

/// The people who look after a drill. A step is known by its name in the plan.
class Approvals {
 public:
  virtual ~Approvals() = default;
  virtual bool approved(const std::string& step) const = 0;
  /// The step waits for a person from now on, until answered().
  virtual void ask(const std::string& step, const std::string& message) = 0;
  virtual void answered(const std::string& step) = 0;
};

/// What a driver may touch. Lifetime: outlives every task started with it.
struct Context {
  Target& target;
  aio::Clock& clock;
  const Catalog& catalog;
  SqlClient* sql = nullptr;
  HttpClient* http = nullptr;
  const ProbeWatch* probes = nullptr;
  Approvals* approvals = nullptr;
  std::string part{};  // the name of the fault or step that runs

  /// The target of a kind that only local systems know.
  LocalTarget& local() const;
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual const api::ActionKind& kind() const = 0;
  /// False: it only waits; nothing is recorded or undone.
  virtual bool changes_target() const { return true; }
  /// When its undo is right.
  virtual drill::Undo rule(const api::Node& params) const = 0;
  /// What it touches, for the blast radius: processes, services, relays.
  virtual std::vector<std::string> touches(const api::Node& params) const = 0;
  /// Errors: InvalidArgument: a field, named from the kind on, its value, and what is allowed.
  virtual base::Result<> check(const api::Node& params) const;
  /// Whether nothing but a proof of the plan's own shows that such a fault took effect.
  virtual bool needs_proof(const api::Node& params) const;

  /// Errors: PermissionDenied naming what is not allowed; FailedPrecondition.
  virtual aio::Task<base::Result<>> preflight(Context& context, api::Node params,
                                              std::stop_token stop);
  virtual aio::Task<base::Result<api::Node>> prepare(Context& context, api::Node params,
                                                     std::stop_token stop) = 0;
  /// What was done, for the timeline. Errors: see outcome_unknown().
  virtual aio::Task<base::Result<std::string>> apply(Context& context, api::Node params,
                                                     api::Node undo, std::stop_token stop) = 0;
  /// What shows that it is in force. Where a kind has nothing to look at, its apply is the proof.
  /// Errors: what was seen in place of it; Cancelled with what was seen last.
  virtual aio::Task<base::Result<std::string>> prove(Context& context, api::Node params,
                                                     api::Node undo, std::stop_token stop);
  virtual aio::Task<base::Result<>> undo(Context& context, api::Node params, api::Node undo,
                                         std::stop_token stop) = 0;
};

/// Whether an error of apply() leaves open what became of it: asked, and no answer came.
bool outcome_unknown(const base::Error& error);

struct Check {
  bool holds = false;
  std::string detail;  // what was seen, whether it holds or not
};

class Condition {
 public:
  virtual ~Condition() = default;
  virtual const api::ActionKind& kind() const = 0;
  /// Looks once. A thing that cannot be reached is a view ("Down"), not an Error.
  /// Errors: the condition cannot be judged at all.
  virtual aio::Task<base::Result<Check>> check(Context& context, api::Node params,
                                               std::stop_token stop) = 0;
};

}  // namespace targets
