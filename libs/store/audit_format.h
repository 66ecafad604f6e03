// Lines of the audit log and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/audit_log.h"

namespace store {

inline constexpr const char* kLineRepaired = "LineRepaired";

std::string audit_json(const AuditEntry& entry);
/// Nothing: this is no entry.
std::optional<AuditEntry> parse_audit_json(std::string_view json);
/// The digest of an entry behind this one, as 64 digits.
std::string chain_audit(std::string_view head, std::string_view json);
/// "0000…": before the first entry.
std::string audit_origin();

struct AuditLine {
  std::string_view digest, json;
};
/// Without the newline. Nothing: no line of an audit log.
std::optional<AuditLine> split_audit_line(std::string_view line);

}  // namespace store
