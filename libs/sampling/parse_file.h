// The step from a kept file to a figure: what cannot be read is missing, what cannot be understood
// is missing and a problem.
#pragma once

#include <optional>
#include <utility>

#include "sampling/source.h"

namespace sampling {

/// What `parse` makes of the file.
/// Returns: std::optional of what is in the parser's Result.
template <class Parse>
auto figure_of(KeptFile& file, Reader& reader, Parse&& parse)
    -> std::optional<typename decltype(parse(std::string_view{}))::value_type> {
  const auto text = file.read(reader.buffer);
  if (!text) return std::nullopt;
  auto parsed = parse(*text);
  if (parsed) return *std::move(parsed);
  reader.problem = std::move(parsed).error().with(file.path());
  return std::nullopt;
}

}  // namespace sampling
