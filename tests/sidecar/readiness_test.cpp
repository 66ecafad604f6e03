#include "sidecar/readiness.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

TEST(Readiness, NeedsTheApplicationAndEndsWithTheDrain) {
  EXPECT_EQ(readiness({false, true, ""}).status, 200U);
  const auto without = readiness({false, false, "connection refused"});
  EXPECT_EQ(without.status, 503U);
  EXPECT_EQ(without.body, "[+] serving\n[-] application: connection refused\n");
  const auto bare = readiness({false, true, "", "tls.crt: no such file"});
  EXPECT_EQ(bare.status, 503U);
  EXPECT_EQ(bare.body, "[+] serving\n[+] application\n[-] certificate: tls.crt: no such file\n");
  const auto draining = readiness({true, true, ""});
  EXPECT_EQ(draining.status, 503U);
  EXPECT_EQ(draining.body, "[-] serving: draining\n[+] application\n");
}

}  // namespace
}  // namespace sidecar
