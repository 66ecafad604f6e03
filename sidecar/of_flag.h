// What a library says of a text, as the error of the flag that said it.
#pragma once

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"

namespace sidecar {

/// "'a b': …" becomes "--user-header 'a b': …".
template <class Value>
base::Result<Value> of_flag(std::string_view flag, base::Result<Value> read) {
  if (read) return read;
  return base::fail(read.error().code, fmt::format("{} {}", flag, read.error().message));
}

}  // namespace sidecar
