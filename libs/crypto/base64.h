// Base64 as RFC 4648 §4 has it: with padding, without line breaks.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crypto {

std::string base64_encode(std::string_view bytes);
/// Into `out`, which has room for four letters for each three bytes or part of them, and a zero.
std::string_view base64_encode(std::span<const unsigned char> bytes, std::span<char> out);
/// Spaces and line ends at the end are left out. Errors: InvalidArgument.
base::Result<std::string> base64_decode(std::string_view text);

}  // namespace crypto
