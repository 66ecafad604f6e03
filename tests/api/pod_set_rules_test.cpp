#include "api/pod_set_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace api {
namespace {

TEST(PodSetRules, AKeyIsAWordAfterADnsNameIfThereIsOne) {
  for (const char* key :
       {"app", "app.kubernetes.io/name", "cnpg.io/instanceRole", "A_b.c-1", "x"}) {
    EXPECT_TRUE(is_label_key(key)) << key;
  }
  for (const char* key : {"", "-app", "app-", "a b", "/app", "io/", "a/b/c", "Cnpg.io/role",
                          "a..b/c", "ä", "app,old", "!app"}) {
    EXPECT_FALSE(is_label_key(key)) << key;
  }
  EXPECT_TRUE(is_label_key(std::string(63, 'a')));
  EXPECT_FALSE(is_label_key(std::string(64, 'a')));
}

TEST(PodSetRules, AValueIsAWordOrNothing) {
  for (const char* value : {"", "web", "v1.2_3-x", "1"})
    EXPECT_TRUE(is_label_value(value)) << value;
  for (const char* value : {"-", "a/b", "a b", "(a)", "a,b"})
    EXPECT_FALSE(is_label_value(value)) << value;
  EXPECT_FALSE(is_label_value(std::string(64, 'a')));
}

}  // namespace
}  // namespace api
