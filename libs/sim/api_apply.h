// Server-side apply, as far as appliers meet each other: a field belongs to whoever applied it
// last; what its applier does not apply any more is taken out; one that another applied with
// another value is a conflict, unless by force. A field that somebody wrote otherwise (create,
// patch, replace) belongs to nobody here, and a list is one field. Pure. Source: Kubernetes,
// server-side apply.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/node.h"

namespace sim {

class ApiAppliers {
 public:
  struct Applied {
    api::Node object{};
    std::string conflict{};  // with which field of whom; empty: there is none
  };
  /// `wanted`: what is applied; its identity is no field.
  Applied apply(api::Node object, const api::Node& wanted, const std::string& manager, bool force);

 private:
  using Path = std::vector<std::string>;
  std::map<std::string, std::map<Path, api::Node>> fields_;  // by manager
};

}  // namespace sim
