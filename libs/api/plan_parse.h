// From a document to a RecoveryPlan. What is wrong is reported all at once; a plan that comes out
// holds only values within their ranges, defaults filled in. Whether the names it uses exist in its
// system is cross_check's question (api/cross_check.h).
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "api/action.h"
#include "api/node.h"
#include "api/problem.h"
#include "api/recovery_plan.h"

namespace api {

/// The document is taken as it is: apply_profile and apply_set (api/plan_edit.h) come before.
tl::expected<RecoveryPlan, Problems> parse_plan(const Node& document, const std::string& file,
                                                const ActionCatalog& catalog);

/// A plan that a drill has begun with, which earlier programs let state an RPO that nothing
/// measures: it is read without that one, so that whatever was broken can be undone.
Node without_unmeasured_rpo(Node document);

}  // namespace api
