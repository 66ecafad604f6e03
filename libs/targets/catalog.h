// Every kind of fault, step and condition that a local target knows.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "api/action.h"
#include "targets/driver.h"

namespace targets {

class Catalog {
 public:
  void add(std::unique_ptr<Driver> driver) { drivers_.push_back(std::move(driver)); }
  void add(std::unique_ptr<Condition> condition) { conditions_.push_back(std::move(condition)); }

  /// nullptr: no such kind for this use.
  Driver* driver(std::string_view kind, api::Use use) const;
  Condition* condition(std::string_view kind) const;
  /// The tables, for validation, schema and documentation.
  void describe(api::ActionCatalog& kinds) const;

 private:
  std::vector<std::unique_ptr<Driver>> drivers_;
  std::vector<std::unique_ptr<Condition>> conditions_;
};

/// All kinds of libs/targets, a line each.
Catalog local_catalog();

/// A condition as plans nest it: {postgres: {instance: a, state: Down}}.
/// Errors: InvalidArgument where the map does not name exactly one condition.
base::Result<api::Action> nested_condition(const Catalog& catalog, const api::Node& params);

/// Looks until the condition holds. Errors: Cancelled with what was seen last.
aio::Task<base::Result<std::string>> wait_for_condition(Context& context, api::Action condition,
                                                        std::stop_token stop);

}  // namespace targets
