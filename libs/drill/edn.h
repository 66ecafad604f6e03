// The history in the EDN form of Jepsen's checkers (measurement.md §6): one map per line,
// {:index :type :process :f :value :time}. Ledger writes are :add of [stream seq], reads of the
// highest sequence are :max, each final read is one :read of the set it found. A process is
// logically single-threaded: operations in flight at once get different ones, and a process whose
// operation ended :info is never used again.
#pragma once

#include <functional>
#include <string_view>

#include "drill/evidence.h"

namespace drill {

/// Writes the history in pieces of bounded size, in order of time.
void write_edn(const Evidence& evidence, const std::function<void(std::string_view)>& sink);

}  // namespace drill
