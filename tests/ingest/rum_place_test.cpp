#include "ingest/rum_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingest {
namespace {

TEST(RumPlace, AnOriginIsWhatBrowsersWrite) {
  for (const char* good :
       {"*", "null", "https://shop.example", "http://shop.example:8080", "https://shop.example:80",
        "http://localhost:3000", "http://[::1]", "http://[::1]:8080", "https://a_b.xn--p1ai",
        "capacitor://localhost", "moz-extension://4f6c"}) {
    EXPECT_TRUE(check_rum_origin(good)) << good;
  }
  for (const char* bad : {"",
                          " ",
                          "shop.example",
                          "https://",
                          "://shop.example",
                          "https://shop.example/",
                          "https://shop.example/a",
                          "https://shop.example?a",
                          "https://Shop.example",
                          "HTTPS://shop.example",
                          "https://shop.example:443",
                          "http://shop.example:80",
                          "https://shop.example:",
                          "https://shop.example:0",
                          "https://shop.example:08",
                          "https://shop.example:65536",
                          "https://shop.example:8a",
                          "https://u@shop.example",
                          "https://*.shop.example",
                          "https://a b",
                          "https://a, https://b",
                          "http://[::1",
                          "http://]",
                          "http://[]",
                          "1http://a",
                          "https://shop.example\n",
                          "**",
                          "Null"}) {
    EXPECT_FALSE(check_rum_origin(bad)) << bad;
  }
  EXPECT_THAT(check_rum_origin("shop.example").error().message,
              testing::HasSubstr("'shop.example': an origin as browsers write it"));
}

TEST(RumPlace, APathIsOfTheApplicationsAndPlain) {
  for (const char* good : {"/rum", "/muster/rum"}) EXPECT_TRUE(check_rum_path(good)) << good;
  for (const char* bad : {"", "rum", "/", "/rum/", "/r?x", "/r*", "/a b", "/a%20b", "/a#b"}) {
    EXPECT_FALSE(check_rum_path(bad)) << bad;
  }
}

}  // namespace
}  // namespace ingest
