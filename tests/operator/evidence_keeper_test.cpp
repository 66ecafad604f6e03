// Where evidence goes when it cannot go where it was to: on real files, against the API server in
// memory.
#include "operator/evidence_keeper.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/objects.h"
#include "crypto/base64.h"
#include "sim/api_client.h"
#include "sim/processes.h"

namespace op {
namespace {

using testing::HasSubstr;

class KeepEvidence : public testing::Test {
 protected:
  KeepEvidence() {
    server_.serve(cluster::kSecrets);
    std::string pattern = testing::TempDir() + "evidence-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    dir_.path = root_ + "/drill";
    std::filesystem::create_directories(dir_.path);
    options_.ns = drill_.key.space = "shop";
    drill_.key.name = "d";
    drill_.uid = "u";
    options_.evidence_claim = "claim";
    options_.evidence_dir = root_ + "/volume";
    std::filesystem::create_directories(options_.evidence_dir);
  }
  ~KeepEvidence() override {
    machine_.end_all();
    std::filesystem::remove_all(root_);
  }

  void bundle_of(std::size_t bytes) {
    std::ofstream(dir_.bundle()) << std::string(bytes, 'x');
    for (const std::string& file : {dir_.report_json(), dir_.report_html(), dir_.junit()}) {
      std::ofstream(file) << "report";
    }
  }
  base::Result<KeptEvidence> keep() {
    sim::Process& process = machine_.make("runner");
    const std::shared_ptr<kube::Client> client =
        sim::connect(link_, process, process.executor(), {});
    std::optional<base::Result<KeptEvidence>> out;
    bool ended = false;
    process.run(client, keep_with(*client, out), [&](const base::Result<bool>&) { ended = true; });
    EXPECT_TRUE(machine_.run_until([&] { return ended; }, machine_.now() + base::seconds(60)));
    if (!out) return base::fail(base::Code::DeadlineExceeded, "it did not end");
    return std::move(*out);
  }
  aio::Task<base::Result<bool>> keep_with(kube::Client& client,
                                          std::optional<base::Result<KeptEvidence>>& out) {
    out = co_await keep_evidence(client, drill_, dir_, options_);
    co_return true;
  }
  std::string in_secret() const {
    const sim::ApiServer::Object secret = server_.find(cluster::kSecrets, {"shop", "d-evidence"});
    return secret ? crypto::base64_decode((*secret)["data"]["bundle.muster"].as_string())
                        .value_or("not base64")
                  : "none";
  }

  sim::Machine machine_;
  sim::ApiServer server_{[this] { return machine_.wall_now(); }};
  sim::ApiLink link_{machine_, server_, 1};
  std::string root_;
  runner::DrillDir dir_;
  cluster::DrillObject drill_;
  PodOptions options_;
};

/// Files of this process may be no longer than that: what a full disk is to them.
class NoRoomBeyond {
 public:
  explicit NoRoomBeyond(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    rlimit tight = before_;
    tight.rlim_cur = bytes;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  ~NoRoomBeyond() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  NoRoomBeyond(const NoRoomBeyond&) = delete;
  NoRoomBeyond& operator=(const NoRoomBeyond&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(KeepEvidence, IsOnTheVolumeAndNowhereElse) {
  bundle_of(1000);
  const auto kept = keep();
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  EXPECT_EQ(kept->place.kind, "PersistentVolumeClaim");
  EXPECT_EQ(kept->problem, "");
  EXPECT_TRUE(std::filesystem::exists(options_.evidence_dir + "/shop/drill/bundle.muster"));
  EXPECT_EQ(in_secret(), "none");
}

TEST_F(KeepEvidence, AFullVolumeCostsNoEvidence) {
  bundle_of(1000);
  const auto kept = [this] {
    const NoRoomBeyond full(500);
    return keep();
  }();
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  EXPECT_EQ(kept->place.kind, "Secret");
  EXPECT_EQ(in_secret(), std::string(1000, 'x'));
  EXPECT_THAT(kept->problem, HasSubstr("the evidence is not on the volume claim: "));
  EXPECT_FALSE(std::filesystem::exists(options_.evidence_dir + "/shop/drill/bundle.muster"))
      << "no half of it";
}

TEST_F(KeepEvidence, WhatFitsNowhereIsSaidWithBothReasons) {
  bundle_of(1024 * 1024 + 1);
  const auto kept = [this] {
    const NoRoomBeyond full(500);
    return keep();
  }();
  ASSERT_FALSE(kept.has_value());
  EXPECT_THAT(kept.error().message, HasSubstr("not on the volume claim"));
  EXPECT_THAT(kept.error().message, HasSubstr("a Secret may have 1048576"));
}

TEST_F(KeepEvidence, WithoutAVolumeASecretHasIt) {
  bundle_of(1000);
  options_.evidence_dir.clear();
  const auto kept = keep();
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  EXPECT_EQ(kept->place.kind, "Secret");
  EXPECT_EQ(kept->problem, "");
  EXPECT_EQ(in_secret(), std::string(1000, 'x'));
}

}  // namespace
}  // namespace op
