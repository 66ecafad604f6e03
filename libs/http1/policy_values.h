// What headers that make browsers careful may say: whether a text can stand in a field as it is,
// and where a policy of contents may have a nonce. Judged in one place for the sidecar, which sends
// them, and for who delivers its settings. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace http1 {

/// Errors of all three: InvalidArgument, naming the text and what is allowed.
/// Any text that ends no field and is not too long for one.
base::Result<> check_policy_value(std::string_view value);
/// The same with each nonce where browsers look for one, and nowhere else.
base::Result<> check_content_policy(std::string_view policy);
/// The header of a request that tells the application the nonce: X-CSP-Nonce.
base::Result<> check_nonce_header(std::string_view name);

}  // namespace http1
