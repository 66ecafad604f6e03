#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

base::WallTime at(std::int64_t seconds) {
  return base::WallTime(base::seconds(seconds));
}
constexpr std::int64_t kDay = 86'400;
const Validity kYear{at(1'800'000'000), at(1'800'000'000 + 365 * kDay)};
const std::vector<std::string> kNames = {"muster.ops.svc", "muster.ops.svc.cluster.local"};

TEST(Certificate, SaysWhatItWasMadeFor) {
  const KeyPair authority = make_authority("muster", kYear);
  const auto read = read_certificate(authority.certificate);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->validity, kYear);
  EXPECT_TRUE(read->is_authority);
  const auto server = make_server(authority, kNames, {at(1'800'000'001), at(1'800'000'900)});
  ASSERT_TRUE(server.has_value()) << server.error().message;
  const auto leaf = read_certificate(server->certificate);
  ASSERT_TRUE(leaf.has_value());
  EXPECT_EQ(leaf->validity, (Validity{at(1'800'000'001), at(1'800'000'900)}));
  EXPECT_THAT(leaf->names, ElementsAre("muster.ops.svc", "muster.ops.svc.cluster.local"));
  EXPECT_FALSE(leaf->is_authority);
}

TEST(Certificate, HoldsFromItsFirstMomentUntilBeforeItsLast) {
  EXPECT_TRUE(kYear.holds_at(kYear.from));
  EXPECT_FALSE(kYear.holds_at(kYear.from - base::seconds(1)));
  EXPECT_TRUE(kYear.holds_at(kYear.until - base::seconds(1)));
  EXPECT_FALSE(kYear.holds_at(kYear.until));
}

TEST(Certificate, TheSignerIsKnownAlsoAmongAuthoritiesOfOneName) {
  const KeyPair authority = make_authority("muster", kYear);
  const KeyPair other = make_authority("muster", kYear);
  const auto server = make_server(authority, kNames, kYear);
  ASSERT_TRUE(server.has_value());
  EXPECT_TRUE(is_signed_by(server->certificate, authority.certificate));
  EXPECT_FALSE(is_signed_by(server->certificate, other.certificate));
  // A server signs nobody.
  EXPECT_FALSE(is_signed_by(server->certificate, server->certificate));
  EXPECT_FALSE(is_signed_by("garbage", authority.certificate));
}

TEST(Certificate, AKeyIsOfOneCertificate) {
  const KeyPair authority = make_authority("muster", kYear);
  const KeyPair other = make_authority("muster", kYear);
  EXPECT_NE(authority.certificate, other.certificate);
  EXPECT_TRUE(key_fits(authority));
  EXPECT_FALSE(key_fits({authority.certificate, other.key}));
  EXPECT_FALSE(key_fits({authority.certificate, ""}));
  EXPECT_FALSE(key_fits({"", authority.key}));
}

TEST(Certificate, NoServerIsSignedWithoutAnAuthorityAndItsKey) {
  const KeyPair authority = make_authority("muster", kYear);
  const KeyPair other = make_authority("muster", kYear);
  for (const KeyPair& wrong :
       {KeyPair{}, KeyPair{authority.certificate, other.key}, KeyPair{"x", authority.key}}) {
    const auto made = make_server(wrong, kNames, kYear);
    ASSERT_FALSE(made.has_value());
    EXPECT_THAT(made.error().message, HasSubstr("with its own key"));
  }
  EXPECT_FALSE(make_server(authority, {}, kYear).has_value());
}

TEST(Certificate, OfATextEachThatCanBeReadIsTaken) {
  const std::string one = make_authority("one", kYear).certificate;
  const std::string two = make_authority("two", kYear).certificate;
  EXPECT_THAT(certificates_in("# ours\n" + one + "\n\n" + two + "the end"), ElementsAre(one, two));
  std::string damaged = one;
  damaged.replace(100, 8, "AAAAAAAA");
  EXPECT_THAT(certificates_in(one.substr(0, one.size() / 2) + "\n" + two), ElementsAre());
  EXPECT_THAT(certificates_in(damaged + two).back(), two);
  EXPECT_THAT(certificates_in(""), ElementsAre());
}

TEST(Certificate, WhatIsNoneSaysSo) {
  for (const char* text : {"", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
    const auto read = read_certificate(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, base::Code::InvalidArgument);
  }
}

TEST(Certificate, ALongNameOfAServerIsInItsAlternativeNamesWhole) {
  const std::string name = std::string(63, 'a') + "." + std::string(63, 'b') + ".svc";
  const auto server = make_server(make_authority("muster", kYear), {name}, kYear);
  ASSERT_TRUE(server.has_value());
  EXPECT_THAT(read_certificate(server->certificate)->names, ElementsAre(name));
}

}  // namespace
}  // namespace crypto
