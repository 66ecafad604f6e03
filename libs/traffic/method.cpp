#include "traffic/method.h"

#include <array>

namespace traffic {

namespace {

// In the order of Method.
constexpr std::array<const char*, kMethods> kNames{"GET",   "HEAD",    "POST",    "PUT",   "DELETE",
                                                   "PATCH", "OPTIONS", "CONNECT", "TRACE", "other"};

}  // namespace

Method method_of(std::string_view token) {
  for (std::size_t at = 0; at + 1 < kMethods; ++at) {
    if (token == kNames[at]) return static_cast<Method>(at);
  }
  return Method::Other;
}

const char* name(Method method) {
  return kNames[static_cast<std::size_t>(method)];
}

}  // namespace traffic
