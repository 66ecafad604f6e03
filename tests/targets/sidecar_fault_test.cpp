// The sidecar fault against a stand-in that keeps faults as a sidecar does, and says no as one:
// what it is asked, with which token, how often, and what the driver makes of each answer.
#include <algorithm>

#include "../aio/virtual_clock.h"
#include "aio/task_group.h"
#include "driver_fixture.h"
#include "net/http_server.h"
#include "targets/lease.h"

namespace targets {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kPath = "/api/faults";
const Lease::Lost kNobody = [](const std::string& what) { FAIL() << what; };

class SidecarFaultTest : public DriverTest {
 protected:
  void SetUp() override {
    DriverTest::SetUp();
    std::ofstream(dir_ + "/token") << "a-token\n";
    begin();
  }
  void TearDown() override {
    end();
    DriverTest::TearDown();
  }

  void begin() {
    auto made = net::HttpServer::listen(
        clock_, io_.get_executor(), "127.0.0.1:0",
        [this](const net::HttpRequest& request) { return answer(request); });
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::move(*made);
    port_ = server_->port();
    group_.emplace(io_.get_executor());
    group_->spawn(server_->serve(group_->token()));
  }
  void end() {
    if (!server_) return;
    group_->cancel();
    EXPECT_TRUE(run(group_->join()));
    group_.reset();
    server_.reset();
  }

  net::HttpReply answer(const net::HttpRequest& request) {
    calls_.push_back(request.method);
    const std::string* shown = request.header("Authorization");
    const bool may = shown != nullptr && *shown == "Bearer a-token";
    if (request.method != "GET" && !may) return {401, "application/json", "{\"error\":\"token\"}"};
    const Node body = api::parse_json(request.body).value_or(Node());
    if (request.method == "POST") {
      if (refuses_) return {400, "application/json", "{\"error\":\"percent: 7\"}"};
      faults_.push_back(body);
      return {201, "application/json", request.body};
    }
    if (request.method == "GET") {
      return {200, "application/json",
              api::to_json(Node::map().set("faults", Node::sequence(faults_)))};
    }
    const std::string id = request.target.substr(std::string_view(kPath).size() + 1);
    const auto found = std::ranges::find_if(
        faults_, [&](const Node& fault) { return fault["id"].as_string() == id; });
    if (found == faults_.end()) return {404, "application/json", "{\"error\":\"not in force\"}"};
    if (request.method == "DELETE") faults_.erase(found);
    return {200, "application/json", "{}"};
  }

  Driver& fault() { return driver("sidecar", api::Use::Fault); }
  Node params(const char* action = "Abort") const {
    return Node::map()
        .set("process", "tree")
        .set("admin", "127.0.0.1:" + std::to_string(port_))
        .set("tokenFile", dir_ + "/token")
        .set("action", action)
        .set("percent", 20)
        .set("path", "/api/*")
        .set("method", "")
        .set("peer", "")
        .set("delayMillis", 100)
        .set("jitterMillis", 10)
        .set("status", 500)
        .set("bytesPerSecond", 1000)
        .set("leaseSeconds", 1);
  }
  base::Result<std::string> prove(const Node& undo, std::stop_token stop = {}) {
    Context with = context();
    return run(fault().prove(with, params(), undo, std::move(stop)));
  }
  static aio::Task<base::Result<>> told(aio::Task<base::Result<>> kept, bool& lost) {
    const auto done = co_await std::move(kept);
    lost = !done;
    co_return base::Result<>{};
  }
  Lease& lease() { return dynamic_cast<Lease&>(fault()); }
  auto count(const char* method) const { return std::ranges::count(calls_, method); }

  std::unique_ptr<net::HttpServer> server_;
  std::optional<aio::TaskGroup> group_;
  std::uint16_t port_ = 0;
  std::vector<std::string> calls_;
  std::vector<Node> faults_;
  bool refuses_ = false;
};

TEST_F(SidecarFaultTest, IsBegunProvenAndEnded) {
  const Node prepared = inject(fault(), params());
  ASSERT_EQ(faults_.size(), 1U);
  EXPECT_EQ(faults_[0], Node::map()
                            .set("id", prepared["id"])
                            .set("owner", prepared["id"])
                            .set("leaseSeconds", 1)
                            .set("kind", "abort")
                            .set("percent", 20)
                            .set("path", "/api/*")
                            .set("status", 500));
  const auto proven = prove(prepared);
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_EQ(*proven, "tree has Abort in force");
  EXPECT_TRUE(undo(fault(), params(), prepared));
  EXPECT_TRUE(faults_.empty());
  EXPECT_TRUE(undo(fault(), params(), prepared));  // twice
}

TEST_F(SidecarFaultTest, AsksForWhatItsActionHasAndForNothingElse) {
  const std::pair<const char*, std::vector<std::string>> actions[] = {
      {"Latency", {"percent", "path", "delayMillis", "jitterMillis"}},
      {"Abort", {"percent", "path", "status"}},
      {"Reset", {"percent", "path"}},
      {"Bandwidth", {"percent", "path", "bytesPerSecond"}},
      {"BlackHole", {"percent", "path"}}};
  for (const auto& [action, own] : actions) {
    faults_.clear();
    inject(fault(), params(action));
    ASSERT_EQ(faults_.size(), 1U);
    EXPECT_EQ(faults_[0].size(), 4 + own.size()) << api::to_json(faults_[0]);
    for (const std::string& field : own) EXPECT_TRUE(faults_[0].has(field)) << field;
  }
  faults_.clear();
  inject(fault(), params("Partition").set("peer", "10.0.0.7").set("path", ""));
  EXPECT_EQ(faults_[0]["kind"].as_string(), "partition");
  EXPECT_FALSE(faults_[0].has("percent"));
}

TEST_F(SidecarFaultTest, NothingChangesBeforeApplyAndItsUndoAloneIsRight) {
  const auto prepared = prepare(fault(), params());
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(faults_.empty());
  EXPECT_TRUE(undo(fault(), params(), *prepared));
}

TEST_F(SidecarFaultTest, EveryFaultHasANameOfItsOwn) {
  EXPECT_NE(prepare(fault(), params()).value(), prepare(fault(), params()).value());
}

TEST_F(SidecarFaultTest, IsRenewedUntilItIsLetGo) {
  const Node prepared = inject(fault(), params());
  const auto before = count("PUT");
  std::stop_source stop;
  aio::TaskGroup group(io_.get_executor());
  Context with = context();
  group.spawn(lease().sustain(with, params(), prepared, kNobody, stop.get_token()));
  while (count("PUT") < before + 3) io_.run_one();
  stop.request_stop();
  EXPECT_TRUE(run(group.join()));
}

TEST_F(SidecarFaultTest, OneThatWasLostIsSaid) {
  const Node prepared = inject(fault(), params());
  faults_.clear();  // by a restart
  Context with = context();
  const auto kept = run(lease().sustain(with, params(), prepared, kNobody, {}));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, base::Code::NotFound);
  std::stop_source stop;
  stop.request_stop();
  const auto proven = prove(prepared, stop.get_token());
  ASSERT_FALSE(proven);
}

/// Between the end of apply() and the first renewal there can be seconds: another sidecar of the
/// same fault answered late.
TEST_F(SidecarFaultTest, ALeaseIsOverWhenItsTimeSinceItsBeginIs) {
  aio::VirtualClock clock;
  Context with{*target_, clock, catalog_};
  const Node asked = params().set("leaseSeconds", 5);
  const auto prepared = run(fault().prepare(with, asked, {}));
  ASSERT_TRUE(prepared);
  ASSERT_TRUE(run(fault().apply(with, asked, *prepared, {})));
  const base::TimePoint begun = clock.now();
  end();
  clock.advance(base::seconds(4));
  bool lost = false;
  aio::TaskGroup group(io_.get_executor());
  group.spawn(told(lease().sustain(with, asked, *prepared, kNobody, {}), lost));
  while (!lost && clock.now() - begun < base::seconds(60)) {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(5));
    clock.advance(base::millis(100));
  }
  // At most the two seconds more that the last renewal may take, and not four.
  EXPECT_LT(clock.now() - begun, base::seconds(8));
  EXPECT_TRUE(run(group.join()));
}

TEST_F(SidecarFaultTest, AWrongTokenIsSeenBeforeAnythingIsDone) {
  std::ofstream(dir_ + "/token") << "another\n";
  const auto prepared = prepare(fault(), params());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, base::Code::PermissionDenied);
  EXPECT_THAT(prepared.error().message, AllOf(HasSubstr("401"), HasSubstr("token")));
  remove("token");
  const auto without = prepare(fault(), params());
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message,
              AllOf(HasSubstr("sidecar.tokenFile: "), HasSubstr("/token")));
}

TEST_F(SidecarFaultTest, WhatTheSidecarRefusesIsToldInItsWords) {
  refuses_ = true;
  const auto prepared = prepare(fault(), params());
  ASSERT_TRUE(prepared);
  const auto done = apply(fault(), params(), *prepared);
  ASSERT_FALSE(done);
  EXPECT_FALSE(outcome_unknown(done.error()));
  EXPECT_THAT(done.error().message, HasSubstr("percent: 7"));
}

TEST_F(SidecarFaultTest, ASidecarThatIsGoneHasNothingInForceWhenTheLeaseIsOver) {
  const Node prepared = inject(fault(), params());
  const Node asked = params();
  end();
  const base::TimePoint began = clock_.now();
  EXPECT_TRUE(undo(fault(), asked, prepared));
  EXPECT_GE(clock_.now() - began, base::seconds(1));
  EXPECT_EQ(prepare(fault(), asked).error().code, base::Code::Unavailable);
}

TEST_F(SidecarFaultTest, FieldsThatMakeNoSenseAreNamed) {
  const auto said = [&](const Node& node) {
    const auto right = fault().check(node);
    return right ? std::string() : right.error().message;
  };
  EXPECT_EQ(said(params()), "");
  EXPECT_THAT(said(params("Latency").set("delayMillis", 0).set("jitterMillis", 0)),
              HasSubstr("sidecar.delayMillis: 0"));
  EXPECT_THAT(said(params("Bandwidth").set("bytesPerSecond", 0)),
              HasSubstr("sidecar.bytesPerSecond"));
  EXPECT_THAT(said(params().set("path", "api")), HasSubstr("sidecar.path: 'api'"));
  EXPECT_THAT(said(params("Partition")), HasSubstr("sidecar.peer"));
  const Node cut = params("Partition").set("peer", "10.0.0.7");
  EXPECT_THAT(said(cut), HasSubstr("sidecar.path"));
  EXPECT_THAT(said(Node(cut).set("path", "")), HasSubstr("sidecar.percent"));
  EXPECT_EQ(said(Node(cut).set("path", "").set("percent", 100)), "");
}

TEST_F(SidecarFaultTest, WhatIsShownOverTlsIsWhole) {
  const auto said = [&](std::initializer_list<const char*> fields) {
    Node with = params();
    for (const char* field : fields) with.set(field, "x");
    const auto right = fault().check(with);
    return right ? std::string() : right.error().message;
  };
  EXPECT_EQ(said({"caFile"}), "");
  EXPECT_EQ(said({"caFile", "certFile", "keyFile", "serverName"}), "");
  EXPECT_THAT(said({"caFile", "certFile"}), HasSubstr("sidecar.keyFile: missing: beside certFile"));
  EXPECT_THAT(said({"caFile", "keyFile"}), HasSubstr("sidecar.certFile: missing: beside keyFile"));
  EXPECT_THAT(said({"certFile", "keyFile"}), HasSubstr("sidecar.caFile: missing: beside certFile"));
  EXPECT_THAT(said({"serverName"}), HasSubstr("sidecar.caFile: missing: beside serverName"));
}

}  // namespace
}  // namespace targets
