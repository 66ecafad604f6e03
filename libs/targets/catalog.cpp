#include "targets/catalog.h"

#include <fmt/format.h>

#include "base/check.h"
#include "targets/condition_command.h"
#include "targets/condition_http.h"
#include "targets/condition_postgres.h"
#include "targets/condition_probe.h"
#include "targets/condition_process.h"
#include "targets/fault_network.h"
#include "targets/fault_process.h"
#include "targets/fault_sidecar.h"
#include "targets/step_approval.h"
#include "targets/step_command.h"
#include "targets/step_process.h"
#include "targets/step_route.h"
#include "targets/step_sql.h"
#include "targets/step_wait_for.h"

namespace targets {
namespace {

constexpr auto kLookEvery = base::millis(50);

}  // namespace

Driver* Catalog::driver(std::string_view kind, api::Use use) const {
  for (const auto& driver : drivers_) {
    if (driver->kind().name == kind && driver->kind().usable_as(use)) {
      return driver.get();
    }
  }
  return nullptr;
}

Condition* Catalog::condition(std::string_view kind) const {
  for (const auto& condition : conditions_) {
    if (condition->kind().name == kind) {
      return condition.get();
    }
  }
  return nullptr;
}

void Catalog::describe(api::ActionCatalog& kinds) const {
  for (const auto& driver : drivers_) {
    kinds.add(driver->kind());
  }
  for (const auto& condition : conditions_) {
    kinds.add(condition->kind());
  }
}

Catalog local_catalog() {
  Catalog catalog;
  // Faults.
  catalog.add(make_process_fault());
  catalog.add(make_network_fault());
  catalog.add(make_sidecar_fault());
  // Faults and steps.
  catalog.add(make_stop_process_step());
  catalog.add(make_command_step());
  // Steps.
  catalog.add(make_start_process_step());
  catalog.add(make_sql_step());
  catalog.add(make_route_step());
  catalog.add(make_wait_for_step());
  catalog.add(make_approval_step());
  // Conditions.
  catalog.add(make_process_condition());
  catalog.add(make_postgres_condition());
  catalog.add(make_http_condition());
  catalog.add(make_probe_condition());
  catalog.add(make_command_condition());
  return catalog;
}

base::Result<api::Action> nested_condition(const Catalog& catalog, const api::Node& params) {
  const api::Node* map = &params;
  if (const api::Node* inner = params.find("condition"); inner != nullptr && inner->is_map()) {
    map = inner;
  }
  if (!map->is_map() || map->size() != 1) {
    return base::fail(base::Code::InvalidArgument, "exactly one condition is required");
  }
  const api::Entry& entry = map->entries().front();
  if (catalog.condition(entry.key) == nullptr) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}' is no condition of a local target", entry.key));
  }
  return api::Action{entry.key, entry.value, entry.mark};
}

aio::Task<base::Result<std::string>> wait_for_condition(Context& context, api::Action condition,
                                                        std::stop_token stop) {
  Condition* looker = context.catalog.condition(condition.kind);
  if (looker == nullptr) {
    co_return base::fail(base::Code::InvalidArgument,
                         fmt::format("'{}' is no condition of a local target", condition.kind));
  }
  std::string last = "nothing was seen yet";
  for (;;) {
    const auto seen = co_await looker->check(context, condition.params, stop);
    if (seen && seen->holds) {
      co_return seen->detail;
    }
    if (!seen && (seen.error().code == base::Code::NotFound ||
                  seen.error().code == base::Code::InvalidArgument)) {
      co_return tl::unexpected(seen.error());
    }
    // A look that was cut short shows less than the one before it.
    if (!stop.stop_requested()) {
      last = seen ? seen->detail : seen.error().message;
    }
    if (!co_await aio::wait_for(context.clock, kLookEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, "last seen: " + last);
    }
  }
}

LocalTarget& Context::local() const {
  auto* local = dynamic_cast<LocalTarget*>(&target);
  CHECK(local != nullptr);
  return *local;
}

bool outcome_unknown(const base::Error& error) {
  switch (error.code) {
    case base::Code::Cancelled:
    case base::Code::DeadlineExceeded: return true;
    default: return false;
  }
}

const char* name(InstanceState state) {
  switch (state) {
    case InstanceState::Down: return "Down";
    case InstanceState::Standby: return "Standby";
    case InstanceState::Primary: return "Primary";
  }
  return "Down";
}

}  // namespace targets
