// CHECK states what must hold if the program is right; it is always on and ends the process with
// the place and the condition. The outside world is never CHECKed: input, peers, disks and clocks
// give Errors (base/result.h). DCHECK is the same for conditions too dear for production.
#pragma once

namespace base {
/// Prints "file:line: CHECK failed: condition" on stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}  // namespace base

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::base::check_failed(__FILE__, __LINE__, #condition))
#ifdef NDEBUG
#define DCHECK(condition) static_cast<void>(0)
#else
#define DCHECK(condition) CHECK(condition)
#endif
