// gzip, for bodies of HTTP (Content-Encoding). What is unpacked has a bound: a kilobyte can hold a
// megabyte of zeros. Source: RFC 1952.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace net {

/// Packed quickly rather than well.
std::string gzip(std::string_view content);

/// Several members in a row are one content. Errors: InvalidArgument: no gzip, or not whole;
/// ResourceExhausted: more than `bytes_max`. `unpacked`: how much was, whatever came of it.
base::Result<std::string> gunzip(std::string_view packed, std::size_t bytes_max,
                                 std::size_t* unpacked = nullptr);

/// Whether an Accept-Encoding takes gzip: it or "*" is there, and not with q=0. Source: RFC 9110,
/// 12.5.3.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace net
