#include "sidecar/preparation.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "base/check.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

class Preparation : public testing::Test {
 protected:
  Preparation() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-preparation-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    CHECK(aio::write_file_atomic(folder_ / "key", "0123456789abcdef").has_value());
    CHECK(aio::write_file_atomic(folder_ / "short", "short").has_value());
    settings_.watch = "none";
    settings_.audit_log = "off";
    settings_.threads = 1;
  }
  ~Preparation() override { std::filesystem::remove_all(folder_); }

  std::string file(const char* name) const { return folder_ / name; }
  std::string error() const {
    const auto checked = check_files(settings_);
    return checked ? "" : checked.error().message;
  }

  Settings settings_;
  std::filesystem::path folder_;
};

TEST_F(Preparation, AKeyOfFingerprintsIsReadAndLongEnough) {
  EXPECT_EQ(error(), "");
  settings_.fingerprint_key_file = file("key");
  EXPECT_EQ(error(), "");
  settings_.fingerprint_key_file = file("short");
  EXPECT_THAT(error(), HasSubstr("a fingerprint key of 5 bytes"));
  settings_.fingerprint_key_file = file("missing");
  EXPECT_THAT(error(), HasSubstr(file("missing")));
}

TEST_F(Preparation, WhatRedisNeedsIsThere) {
  settings_.redis.server = "127.0.0.1:1";
  EXPECT_THAT(error(), HasSubstr("--fingerprint-key-file"));
  settings_.fingerprint_key_file = file("key");
  EXPECT_EQ(error(), "");
  settings_.redis.password_file = file("missing");
  EXPECT_THAT(error(), HasSubstr(file("missing")));
}

TEST_F(Preparation, WhatIsReadLaterIsLookedForByTheCheckAlone) {
  settings_.exports.otlp_url = "http://127.0.0.1:1/v1/metrics";
  settings_.exports.header_files = {"api-key=" + file("missing")};
  boost::asio::io_context context;
  aio::SystemClock clock;
  const auto page = [] { return std::string(); };
  const auto made = prepare(clock, context.get_executor(), settings_, page);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_NE(made->exporter, nullptr);
  EXPECT_TRUE(made->key_was_drawn);
  EXPECT_EQ(made->cores, 1U);
  EXPECT_THAT(error(), HasSubstr(file("missing")));
  settings_.exports.header_files = {"api-key=" + file("key")};
  EXPECT_EQ(error(), "");
  settings_.admin_token_file = file("missing");
  EXPECT_THAT(error(), HasSubstr(file("missing")));
}

}  // namespace
}  // namespace sidecar
