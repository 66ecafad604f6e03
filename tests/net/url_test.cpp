#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace net {
namespace {

TEST(Url, HasAddressPathAndScheme) {
  const struct {
    const char* text;
    const char* address;
    const char* path;
    bool tls;
  } cases[] = {
      {"http://127.0.0.1:8080/ready?x=1", "127.0.0.1:8080", "/ready?x=1", false},
      {"http://db.example", "db.example:80", "/", false},
      {"https://db.example/", "db.example:443", "/", true},
      {"https://[::1]:8443/a/b", "[::1]:8443", "/a/b", true},
      {"http://[::1]", "[::1]:80", "/", false},
      {"http://db.example?up", "db.example:80", "/?up", false},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.text);
    const auto url = parse_url(one.text);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->address.text(), one.address);
    EXPECT_EQ(url->path, one.path);
    EXPECT_EQ(url->tls, one.tls);
  }
}

TEST(Url, RefusesWhatIsNoneAndNamesIt) {
  for (const char* text : {"", "127.0.0.1:80/", "ftp://a/", "http:/a", "http://", "http://a:b/",
                           "http://a:70000/", "http://:80/"}) {
    SCOPED_TRACE(text);
    const auto url = parse_url(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code, base::Code::InvalidArgument);
    EXPECT_THAT(url.error().message, testing::HasSubstr(text));
  }
}

}  // namespace
}  // namespace net
