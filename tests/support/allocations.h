// How often a test's program asks for memory, so that a test can say of a piece of work: never.
#pragma once

#include <cstdint>

namespace test {

/// Allocations of all threads of this program until now, C++'s at least. A program that calls this
/// counts.
std::uint64_t allocations();

}  // namespace test
