#include "traffic/method.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace traffic {
namespace {

TEST(Method, OfAnythingInventedIsOther) {
  for (const char* const text : {"", "get", "GETT", "GE", "PROPFIND", "other", "\xff"}) {
    EXPECT_EQ(method_of(text), Method::Other) << text;
  }
}

TEST(Method, OfAnyNameIsItself) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < kMethods; ++at) {
    const auto method = static_cast<Method>(at);
    EXPECT_EQ(method_of(name(method)), method);
    names.insert(name(method));
  }
  EXPECT_EQ(names.size(), kMethods);
}

}  // namespace
}  // namespace traffic
