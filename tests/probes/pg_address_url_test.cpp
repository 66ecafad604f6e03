#include "probes/pg_address_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probes {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(const char* url) {
  const auto address = parse_pg_address(url);
  return address ? "" : address.error().message;
}

TEST(PgAddressUrl, SaysWhereAndAsWhom) {
  const auto full = parse_pg_address(
      "postgresql://shop%40eu@db.example:6432/orders%2f1"
      "?sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=a%20b");
  ASSERT_TRUE(full.has_value()) << full.error().message;
  EXPECT_EQ(full->user, "shop@eu");
  EXPECT_EQ(full->host, "db.example");
  EXPECT_EQ(full->port, 6432);
  EXPECT_EQ(full->database, "orders/1");
  EXPECT_EQ(full->tls, "verify-full");
  EXPECT_EQ(full->ca_file, "/etc/ca.pem");
  EXPECT_EQ(full->application, "a b");
  EXPECT_EQ(full->password, "");
}

TEST(PgAddressUrl, WhatIsNotSaidIsAsLibpqHasIt) {
  const auto least = parse_pg_address("postgres://shop@");
  ASSERT_TRUE(least.has_value()) << least.error().message;
  EXPECT_EQ(least->host, "127.0.0.1");
  EXPECT_EQ(least->port, 5432);
  EXPECT_EQ(least->database, "shop");
  EXPECT_EQ(least->tls, "prefer");
  EXPECT_EQ(parse_pg_address("postgresql://a@[::1]:7/b")->host, "::1");
  EXPECT_EQ(parse_pg_address("postgresql://a@[::1]:7/b")->port, 7);
  EXPECT_EQ(parse_pg_address("postgresql://a@[::1]")->port, 5432);
  EXPECT_EQ(parse_pg_address("postgresql://a@/b?host=/run/postgresql")->host, "/run/postgresql");
}

TEST(PgAddressUrl, APasswordIsRefusedAndNotRepeated) {
  for (const char* url : {"postgresql://shop:hunter2@db/orders", "postgresql://:hunter2@db",
                          "postgresql://shop@db/orders?password=hunter2"}) {
    EXPECT_THAT(refusal(url), HasSubstr("no password here")) << url;
    EXPECT_THAT(refusal(url), Not(HasSubstr("hunter2"))) << url;
  }
}

TEST(PgAddressUrl, WhatIsWrongIsNamed) {
  EXPECT_THAT(refusal("mysql://a@b"), HasSubstr("postgresql://USER@HOST:PORT/DATABASE"));
  EXPECT_THAT(refusal("postgresql://db/orders"), HasSubstr("USER@"));
  EXPECT_THAT(refusal("postgresql://@db"), HasSubstr("USER"));
  EXPECT_THAT(refusal("postgresql://a@b,c/d"), HasSubstr("several hosts"));
  EXPECT_THAT(refusal("postgresql://a@b:c"), HasSubstr("port"));
  EXPECT_THAT(refusal("postgresql://a@b:0"), HasSubstr("port"));
  EXPECT_THAT(refusal("postgresql://a@b:65536"), HasSubstr("port"));
  EXPECT_THAT(refusal("postgresql://a@[::1"), HasSubstr("bracket"));
  EXPECT_THAT(refusal("postgresql://a@[::1]7"), HasSubstr("bracket"));
  EXPECT_THAT(refusal("postgresql://a%2@b"), HasSubstr("user"));
  EXPECT_THAT(refusal("postgresql://a%00@b"), HasSubstr("user"));
  EXPECT_THAT(refusal("postgresql://a@b/c%zz"), HasSubstr("database"));
  EXPECT_THAT(refusal("postgresql://a@b?sslmode=maybe"), HasSubstr("verify-full"));
  EXPECT_THAT(refusal("postgresql://a@b?target=x"), HasSubstr("sslrootcert"));
  EXPECT_THAT(refusal("postgresql://a@b?host=c"), HasSubstr("Unix socket"));
}

}  // namespace
}  // namespace probes
