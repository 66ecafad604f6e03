#include "sidecar/identity_files.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "base/check.h"
#include "crypto/certificate.h"

namespace sidecar {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr base::WallTime kStart{base::seconds(1'800'000'000)};
constexpr base::Duration kDay = std::chrono::hours(24);

class IdentityFilesTest : public testing::Test {
 protected:
  IdentityFilesTest() { std::filesystem::create_directories(folder_); }
  ~IdentityFilesTest() override { std::filesystem::remove_all(folder_); }

  static crypto::KeyPair pair(const char* name) {
    return crypto::make_authority(name, {kStart - kDay, kStart + kDay});
  }
  void write(const crypto::KeyPair& pair) {
    CHECK(aio::write_file_atomic(folder_ / "tls.crt", pair.certificate).has_value());
    CHECK(aio::write_file_atomic(folder_ / "tls.key", pair.key).has_value());
  }
  base::Result<std::unique_ptr<IdentityFiles>> open() {
    return IdentityFiles::open(
        {.what = "tls", .certificate = folder_ / "tls.crt", .key = folder_ / "tls.key"}, kStart);
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(IdentityFilesTest, AnotherPairIsShownWhenItWasSeenTwice) {
  write(pair("one"));
  const auto files = open();
  ASSERT_TRUE(files.has_value()) << files.error().message;
  const auto first = (*files)->current();
  EXPECT_EQ((*files)->look(false, kStart), IdentityFiles::News::None);
  write(pair("two"));
  EXPECT_EQ((*files)->look(false, kStart), IdentityFiles::News::None);
  EXPECT_EQ((*files)->current(), first);
  EXPECT_EQ((*files)->look(false, kStart), IdentityFiles::News::Certificate);
  EXPECT_NE((*files)->current(), first);
  EXPECT_EQ((*files)->look(false, kStart), IdentityFiles::News::None);
  write(pair("three"));
  EXPECT_EQ((*files)->look(true, kStart), IdentityFiles::News::Certificate);
}

TEST_F(IdentityFilesTest, WhatIsNoPairChangesNothing) {
  const crypto::KeyPair good = pair("one");
  write(good);
  const auto files = open();
  ASSERT_TRUE(files.has_value());
  const auto first = (*files)->current();
  for (const crypto::KeyPair& wrong : {crypto::KeyPair{pair("two").certificate, good.key},
                                       crypto::KeyPair{"", ""}, crypto::KeyPair{"x", good.key}}) {
    write(wrong);
    EXPECT_EQ((*files)->look(true, kStart), IdentityFiles::News::None);
    EXPECT_EQ((*files)->current(), first);
    EXPECT_THAT((*files)->exposition(), HasSubstr("muster_sidecar_tls_last_reload_successful 0\n"));
  }
  std::filesystem::remove(folder_ / "tls.key");
  EXPECT_EQ((*files)->look(true, kStart), IdentityFiles::News::None);
  EXPECT_THAT((*files)->exposition(),
              HasSubstr("muster_sidecar_tls_reloads_total{result=\"failure\"} 4\n"));
  write(good);
  EXPECT_EQ((*files)->look(true, kStart), IdentityFiles::News::Certificate);
  EXPECT_THAT((*files)->exposition(), HasSubstr("muster_sidecar_tls_last_reload_successful 1\n"));
}

TEST_F(IdentityFilesTest, WhoMayNotFailShowsNobodyUntilThereIsSomethingToShow) {
  const auto awaited = [&](const char* authority) {
    return IdentityFiles::await({.what = "tls",
                                 .certificate = folder_ / "tls.crt",
                                 .key = folder_ / "tls.key",
                                 .client_ca = authority},
                                kStart);
  };
  const crypto::KeyPair good = pair("one");
  const auto files = awaited("");
  EXPECT_EQ(files->current(), nullptr);
  EXPECT_THAT(files->why_not(), HasSubstr("tls.crt"));
  const auto shown = [&](int value) {
    return HasSubstr("muster_sidecar_tls_certificate_shown " + std::to_string(value) + "\n");
  };
  EXPECT_THAT(files->exposition(), shown(0));
  EXPECT_THAT(files->exposition(), HasSubstr("muster_sidecar_tls_last_reload_successful 0\n"));
  EXPECT_THAT(files->exposition(),
              HasSubstr("muster_sidecar_tls_last_reload_success_timestamp_seconds 0\n"));
  EXPECT_THAT(files->exposition(), Not(HasSubstr("expiry")));
  // Also when the keys of tickets would be due.
  EXPECT_EQ(files->look(false, kStart + 2 * IdentityFiles::kTicketKeys), IdentityFiles::News::None);
  write({pair("two").certificate, good.key});
  EXPECT_EQ(files->look(true, kStart), IdentityFiles::News::None);
  EXPECT_EQ(files->current(), nullptr);
  EXPECT_THAT(files->why_not(), HasSubstr("tls.key"));
  write(good);
  EXPECT_EQ(files->look(false, kStart), IdentityFiles::News::None)
      << "as at any other time, it is seen twice first";
  EXPECT_EQ(files->look(false, kStart), IdentityFiles::News::Certificate);
  EXPECT_NE(files->current(), nullptr);
  EXPECT_EQ(files->why_not(), "");
  EXPECT_THAT(files->exposition(), shown(1));
  // What is right from the start is shown at once; whose clients are to be known is a part of it.
  EXPECT_NE(awaited("")->current(), nullptr);
  EXPECT_EQ(awaited("/no/such/authority")->current(), nullptr);
}

TEST_F(IdentityFilesTest, KeysOfTicketsDoNotLiveForEver) {
  write(pair("one"));
  const auto files = open();
  ASSERT_TRUE(files.has_value());
  const auto first = (*files)->current();
  const base::WallTime late = kStart + IdentityFiles::kTicketKeys;
  EXPECT_EQ((*files)->look(false, late - base::seconds(1)), IdentityFiles::News::None);
  std::filesystem::remove(folder_ / "tls.key");  // they need no files
  EXPECT_EQ((*files)->look(false, late), IdentityFiles::News::Keys);
  EXPECT_NE((*files)->current(), first);
  EXPECT_EQ((*files)->look(true, late + base::seconds(1)), IdentityFiles::News::None);
  EXPECT_THAT((*files)->exposition(),
              HasSubstr("muster_sidecar_tls_reloads_total{result=\"success\"} 0\n"));
}

TEST_F(IdentityFilesTest, TellsUntilWhenTheCertificateIsValid) {
  write(pair("one"));
  const auto files = open();
  ASSERT_TRUE(files.has_value());
  EXPECT_THAT((*files)->exposition(),
              HasSubstr("muster_sidecar_tls_certificate_expiry_timestamp_seconds 1800086400\n"));
}

TEST_F(IdentityFilesTest, WithoutAPairThereIsNoBeginning) {
  EXPECT_THAT(open().error().message, HasSubstr("tls.crt"));
  write({pair("one").certificate, pair("two").key});
  EXPECT_THAT(open().error().message, HasSubstr("tls.key"));
}

}  // namespace
}  // namespace sidecar
