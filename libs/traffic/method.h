// The method of a request as a label: those of RFC 9110 and PATCH, and "other" for everything a
// client may invent. Methods are case-sensitive, so "get" is other.
#pragma once

#include <cstddef>
#include <string_view>

namespace traffic {

enum class Method { Get, Head, Post, Put, Delete, Patch, Options, Connect, Trace, Other };
inline constexpr std::size_t kMethods = 10;

Method method_of(std::string_view token);
/// "GET" …, "other".
const char* name(Method method);

}  // namespace traffic
