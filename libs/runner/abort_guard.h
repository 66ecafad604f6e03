// Watches the conditions of `guard.abortWhen`, each by itself: one that hangs or cannot be judged
// must not keep the others from ending a drill that does damage. A look has a time limit. A
// condition that cannot be judged guards nothing, so that is told, when it begins and when it is
// over, and not with every look: a drill of hours would drown in it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task_group.h"
#include "api/action.h"
#include "targets/catalog.h"

namespace runner {

class AbortGuard {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    /// A condition holds: the drill has to end. Told once.
    virtual void tripped(const std::string& detail) = 0;
    /// `why`: since now the condition cannot be judged; nullopt: it can again.
    virtual void judged(const std::string& condition, const std::optional<std::string>& why) = 0;
  };

  /// Lifetime: the context and the events outlive run().
  AbortGuard(targets::Context& context, std::vector<api::Action> conditions, Events& events)
      : context_(context), conditions_(std::move(conditions)), events_(events) {}

  /// Looks until a condition holds or it is stopped.
  aio::Task<base::Result<>> run(std::stop_token stop);

 private:
  aio::Task<base::Result<>> watch(api::Action condition, aio::TaskGroup& all);
  aio::Task<base::Result<targets::Check>> look(const api::Action& condition, std::stop_token stop);

  targets::Context& context_;
  std::vector<api::Action> conditions_;
  Events& events_;
};

}  // namespace runner
