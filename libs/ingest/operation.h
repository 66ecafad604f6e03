// What an application says it did: a named thing that took so long and went well or not. Timers of
// StatsD and spans of OpenTelemetry both become this. Who it was done for, and the number of a
// request, are no part of it: they would be a label some day.
//
//                 StatsD's tag    OpenTelemetry's attribute of a span
//   kind          kind            operation.kind; without it db.system says "database_query", and a
//                                 span of a server "api_endpoint"
//   bytes         bytes           operation.bytes
//   records       records         operation.records
//   whole         whole_micros    operation.whole_micros; without it, its parent's duration, where
//                                 that span came in the same request
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ingest {

struct Operation {
  std::string name;
  base::Duration duration{};
  bool success = true;
  std::string kind{};         // as the application calls it; empty: it does not say
  std::uint64_t bytes = 0;    // that it worked on
  std::uint64_t records = 0;  // 0: it does not say
  base::Duration whole{0};    // of the work that it was a part of; 0: it does not say

  bool operator==(const Operation&) const = default;
};

/// A whole number of bytes, records or microseconds as an application writes it; 0 for all else.
std::uint64_t amount_of(std::string_view text);
/// The same of microseconds.
base::Duration whole_of(std::string_view text);
inline constexpr std::uint64_t kAmountMax = 1'000'000'000'000'000;

}  // namespace ingest
