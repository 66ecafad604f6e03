// Whether an audit log could be written, found out without making or changing anything: who asks
// may be another user than who writes, whose file a file of his would be in the way of.
#pragma once

#include <string>

#include "base/result.h"

namespace store {

/// Whether AuditLog::open() would do, and entries could be written, for who asks. Errors: naming
/// the file.
base::Result<> check_audit_log(const std::string& path);

}  // namespace store
