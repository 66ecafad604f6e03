// Whether a server kept what was written. What one with an older definition of the kind does not
// know, it drops without a word and says that all is well: of an undo journal that would be the
// worst that can happen. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/status.h"

namespace cluster {

/// `reply`: a Drill as the server has it after the write; one without a status says nothing.
/// Errors: Internal naming the member that is not there.
base::Result<> all_kept(std::string_view reply, const std::vector<Member>& members);

}  // namespace cluster
