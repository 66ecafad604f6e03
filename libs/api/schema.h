// The tables in other forms: JSON schema for editors and for clusters, Markdown for people. Both
// are generated, so that they cannot say anything else than the validator does.
#pragma once

#include <string>

#include "api/action.h"
#include "api/node.h"

namespace api {

/// JSON schema, draft 2020-12, of a document (plan_fields(), local_system_fields()).
Node json_schema(const FieldSpec& document, const ActionCatalog& catalog, const std::string& title);

/// A Markdown table of the fields below `path` (their own objects as rows "a.b"): field, allowed,
/// default, meaning.
std::string field_table(const std::vector<FieldSpec>& fields);
/// A heading and a table per kind usable so.
std::string kind_tables(const ActionCatalog& catalog, Use use);

}  // namespace api
