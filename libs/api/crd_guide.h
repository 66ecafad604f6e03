// docs/crds.md: the reference of the custom resources, from the tables that make the CRDs. Every
// field with what is allowed, its default and its meaning; every rule between fields; and what is
// left to the operator to tell.
#pragma once

#include <string>

#include "api/action.h"

namespace api {

/// Markdown.
std::string crd_guide(const ActionCatalog& catalog);

}  // namespace api
