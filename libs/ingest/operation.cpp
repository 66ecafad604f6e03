#include "ingest/operation.h"

#include <algorithm>
#include <charconv>

namespace ingest {

std::uint64_t amount_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && at == text.data() + text.size();
  return whole ? std::min(value, kAmountMax) : 0;
}

base::Duration whole_of(std::string_view text) {
  // As much as there may be of anything is more microseconds than a Duration holds.
  constexpr std::uint64_t kMicrosMax = kAmountMax / 1000;
  return base::Duration(static_cast<std::int64_t>(std::min(amount_of(text), kMicrosMax)) * 1000);
}

}  // namespace ingest
