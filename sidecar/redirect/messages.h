// The rules as messages of the kernel's nftables, written and read. Pure; libmnl puts the bytes
// together.
//
// All of ours is one table, `inet muster_sidecar`, which nobody else has a reason to touch: one
// chain at the place where addresses of what comes in are translated, for IPv4 and IPv6 alike. It
// is replaced whole, in one transaction: twice is as once, another port takes the place of the old
// one, and nobody ever meets half of it.
#pragma once

#include <cstdint>
#include <linux/netlink.h>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sidecar/redirect/rule.h"

namespace redirect {

inline constexpr const char* kTable = "muster_sidecar";
inline constexpr const char* kChain = "prerouting";

/// Messages one behind the other, as one is sent to the kernel; words, so that it is aligned.
using Messages = std::vector<std::uint32_t>;

/// The transaction after which the table has these rules and no others. Its last change, and only
/// that, is acknowledged.
Messages to_replace(const Rules& rules);

/// The question which rules there are.
Messages to_list();

/// What a message was about, of its type: "the table", "the chain", "a rule".
std::string subject(std::uint16_t type);

/// One message of the answer; nothing: it is no rule of our table.
/// Errors: FailedPrecondition: a rule in our table is none that to_replace() makes.
base::Result<std::optional<Rule>> rule_of(const nlmsghdr& message);

}  // namespace redirect
