// The kind sidecar: pods whose sidecars are real processes at the pods' addresses, which are those
// of loopback here.
#include <fstream>

#include <gmock/gmock.h>

#include "aio/event.h"
#include "kind_test.h"
#include "kube/forwarding_client.h"
#include "sidecar_process.h"
#include "targets/lease.h"

namespace cluster {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr unsigned kHurt = 418;  // by the fault; without it 503: there is no application

/// The API server as a drill has it, which from some moment on answers no question for a Secret.
class SilentOnSecrets final : public kube::ForwardingClient {
 public:
  SilentOnSecrets(kube::Client& inner, const aio::Executor& executor)
      : ForwardingClient(inner), never_(executor) {}
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target,
                                            std::string content_type, std::string body,
                                            std::stop_token stop) override {
    if (silent && target.find("/secrets/") != std::string::npos) {
      ++asked;
      static_cast<void>(co_await never_.wait(std::move(stop)));
      co_return base::fail(Code::Cancelled, "no answer");
    }
    co_return co_await inner_.send(std::move(method), std::move(target), std::move(content_type),
                                   std::move(body), std::move(stop));
  }

  bool silent = false;
  int asked = 0;  // while it was silent

 private:
  aio::Event never_;
};

class SidecarFaultTest : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    pod_network = "127.0.0.";
    say_token("a-token");
    make(kSecrets, R"({"metadata":{"name":"muster-sidecar-default"},
        "stringData":{"admin-token":"a-token\n"}})");
    auto first = start("127.0.0.1:0");
    const std::uint16_t port = first->admin_port();
    deploy_accompanied("web", 2, port);
    deploy("bare", 1);
    auto seen = std::make_unique<SilentOnSecrets>(*client, context.get_executor());
    server = seen.get();
    runner = std::move(seen);
    open();
    // All pods have the same port, which the first one was given.
    for (const Pod& pod : pods("web")) {
      sidecars[pod.name] =
          pod.ip == "127.0.0.1" ? std::move(first) : start(fmt::format("{}:{}", pod.ip, port));
      ips[pod.name] = pod.ip;
    }
    names = names_of_pods("web");
    ASSERT_EQ(names.size(), 2U);
  }
  void TearDown() override {
    if (keeping) static_cast<void>(let_go());
    sidecars.clear();
    KindTest::TearDown();
  }

  std::string token_file() const { return folder + "/token"; }
  void say_token(const std::string& token) const { std::ofstream(token_file()) << token; }
  std::unique_ptr<SidecarProcess> start(const std::string& admin) {
    auto out = std::make_unique<SidecarProcess>(
        context, admin, std::vector<std::string>{"--admin-token-file", token_file()});
    EXPECT_TRUE(out->serves()) << admin;
    return out;
  }

  std::vector<Node> faults(const std::string& pod) { return sidecars[pod]->faults(ips[pod]); }
  /// Of the one fault that a pod has.
  std::int64_t remaining(const std::string& pod) {
    const std::vector<Node> now = faults(pod);
    return now.size() == 1 ? now.front()["remainingMillis"].as_int() : -1;
  }
  static std::string params(int count, int lease = 10, const char* more = "") {
    return fmt::format(R"({{"workload":"web","count":{},"action":"Abort","percent":100,
        "status":418,"path":"/*","leaseSeconds":{}{}}})",
                       count, lease, more);
  }
  Node begun(const std::string& params) {
    const auto journal = prepare("sidecar", params);
    EXPECT_TRUE(done(journal));
    EXPECT_TRUE(done(apply("sidecar", params, journal.value_or(Node()))));
    return journal.value_or(Node());
  }

  /// Keeps the fault in force from now on.
  void sustain(const std::string& params, const Node& journal) {
    keeping.emplace(context.get_executor());
    keeping->spawn(keep(params, journal, keeping->token()));
  }
  base::Result<> let_go() {
    keeping->cancel();
    return aio::run(context, keeping->join());
  }
  /// Whether the lease has more time left than before, so that it was renewed.
  bool is_renewed(const std::string& pod) {
    std::int64_t before = remaining(pod);
    bool renewed = false;
    return before > 0 && until([&] {
             const std::int64_t now = remaining(pod);
             renewed = renewed || std::exchange(before, now) < now;
             return renewed;
           });
  }

  SilentOnSecrets* server = nullptr;
  std::map<std::string, std::unique_ptr<SidecarProcess>> sidecars;
  std::map<std::string, std::string> ips;
  std::vector<std::string> names, lost;
  std::optional<aio::TaskGroup> keeping;
  std::string ended;  // why it is kept no more

 private:
  aio::Task<base::Result<>> keep(std::string params, Node journal, std::stop_token stop) {
    auto drill = this->drill();
    const auto kept = co_await dynamic_cast<targets::Lease&>(driver("sidecar"))
                          .sustain(
                              drill, json(params), journal,
                              [this](const std::string& what) { lost.push_back(what); }, stop);
    ended = kept ? "told to stop" : kept.error().message;
    co_return base::Result<>{};
  }
};

TEST_F(SidecarFaultTest, TheChosenPodsHaveItAndNoOther) {
  const std::string one = params(1);
  ASSERT_TRUE(done(preflight("sidecar", one)));
  const auto journal = prepare("sidecar", one);
  ASSERT_TRUE(done(journal));
  EXPECT_THAT(api::to_json(*journal), testing::Not(HasSubstr("a-token")));
  EXPECT_THAT(faults(names[0]), SizeIs(0)) << "to look changes nothing";
  ASSERT_TRUE(done(undo("sidecar", one, *journal))) << "it never ran";
  const auto applied = apply("sidecar", one, *journal);
  ASSERT_TRUE(done(applied));
  EXPECT_EQ(*applied, "Abort of 100 % by the sidecars of " + names[0]);
  EXPECT_EQ(*prove("sidecar", one, *journal),
            fmt::format("the sidecars of {} have Abort in force", names[0]));
  EXPECT_EQ(sidecars[names[0]]->status(), kHurt);
  EXPECT_NE(sidecars[names[1]]->status(), kHurt);
  ASSERT_TRUE(done(undo("sidecar", one, *journal)));
  EXPECT_THAT(faults(names[0]), SizeIs(0));
  EXPECT_NE(sidecars[names[0]]->status(), kHurt);
  ASSERT_TRUE(done(undo("sidecar", one, *journal)));
  EXPECT_THAT(why(prove("sidecar", one, *journal, base::millis(1500))),
              HasSubstr("the sidecar has no such fault"));
}

TEST_F(SidecarFaultTest, OneThatFailsAtAPodIsTakenBackAtTheOthers) {
  const std::string both = params(2);
  const auto journal = prepare("sidecar", both);
  ASSERT_TRUE(done(journal));
  sidecars[names[1]]->kill();
  const auto applied = apply("sidecar", both, *journal);
  EXPECT_THAT(why(applied), HasSubstr("pod " + names[1]));
  EXPECT_THAT(faults(names[0]), SizeIs(1));
  const std::string brief = params(2, 1);  // who cannot be asked has nothing when a lease is over
  ASSERT_TRUE(done(undo("sidecar", brief, *journal)));
  EXPECT_THAT(faults(names[0]), SizeIs(0));
}

TEST_F(SidecarFaultTest, WhatIsWrongWithATokenIsTold) {
  EXPECT_THAT(why(prepare("sidecar", params(1, 10, R"(,"tokenSecret":{"name":"x","key":"y"})"))),
              AllOf(HasSubstr("in key 'y' of Secret " + space + "/x"), HasSubstr("not found")));
  make(kSecrets, R"({"metadata":{"name":"x"},"stringData":{"y":"another"}})");
  EXPECT_THAT(why(prepare("sidecar", params(1, 10, R"(,"tokenSecret":{"name":"x","key":"z"})"))),
              HasSubstr("it has no such key"));
  const auto wrong = prepare("sidecar", params(1, 10, R"(,"tokenSecret":{"name":"x","key":"y"})"));
  EXPECT_THAT(why(wrong), AllOf(HasSubstr("pod " + names[0]), HasSubstr("401")));
  change(kSecrets, "x", R"({"stringData":{"y":"a-token"}})");
  EXPECT_TRUE(done(prepare("sidecar", params(1, 10, R"(,"tokenSecret":{"name":"x","key":"y"})"))));
}

TEST_F(SidecarFaultTest, APodWithoutASidecarIsNamedBeforeAnythingIsDone) {
  const std::string bare = R"({"workload":"bare","count":1,"action":"Reset","leaseSeconds":5})";
  EXPECT_THAT(why(preflight("sidecar", bare)),
              AllOf(HasSubstr("pod " + names_of_pods("bare").front() + " has no sidecar"),
                    HasSubstr("muster-admin"), HasSubstr("sidecar.muster.dev/inject=enabled")));
  EXPECT_THAT(why(preflight("sidecar", params(3))), HasSubstr("has 2 pods: 3 is too many"));
}

TEST_F(SidecarFaultTest, ItIsRenewedThoughTheSecretIsGoneAndWithATokenThatWasChanged) {
  const std::string both = params(2);
  const Node journal = begun(both);
  sustain(both, journal);
  ASSERT_TRUE(is_renewed(names[0]));
  remove(kSecrets, "muster-sidecar-default");
  EXPECT_TRUE(is_renewed(names[1]));
  make(kSecrets, R"({"metadata":{"name":"muster-sidecar-default"},
      "stringData":{"admin-token":"changed"}})");
  say_token("changed");
  EXPECT_TRUE(is_renewed(names[0]));
  ASSERT_TRUE(done(let_go()));
  EXPECT_EQ(ended, "told to stop");
  EXPECT_TRUE(lost.empty());
  ASSERT_TRUE(done(undo("sidecar", both, journal)));
  EXPECT_THAT(faults(names[0]), SizeIs(0));
  EXPECT_THAT(faults(names[1]), SizeIs(0));
}

TEST_F(SidecarFaultTest, ItIsRenewedAndEndedThoughTheServerHangsFromItsBeginOn) {
  const std::string both = params(2);
  const Node journal = begun(both);
  EXPECT_THAT(api::to_json(journal), testing::Not(HasSubstr("a-token")));
  server->silent = true;
  sustain(both, journal);
  EXPECT_TRUE(is_renewed(names[0]));
  EXPECT_TRUE(is_renewed(names[1]));
  ASSERT_TRUE(done(let_go()));
  EXPECT_TRUE(lost.empty());
  ASSERT_TRUE(done(undo("sidecar", both, journal)));
  EXPECT_THAT(faults(names[0]), SizeIs(0));
  EXPECT_THAT(faults(names[1]), SizeIs(0));
  EXPECT_EQ(server->asked, 0) << "the tokens are known since it began";
}

TEST_F(SidecarFaultTest, ATokenThatIsNotKnownIsAskedForAgainBeforeTheLeaseIsOver) {
  const std::string one = params(1);
  const Node journal = begun(one);
  catalog = cluster_catalog();  // as in a process that did not begin it
  server->silent = true;
  sustain(one, journal);
  EXPECT_TRUE(until([&] { return server->asked > 1; }));
  EXPECT_EQ(ended, "") << "nor is it given up";
  ASSERT_TRUE(done(let_go()));
}

TEST_F(SidecarFaultTest, APodThatIsReplacedTakesItsFaultWithItAndTheOthersKeepTheirs) {
  const std::string both = params(2);
  const Node journal = begun(both);
  sustain(both, journal);
  remove(kPods, names[0]);
  ASSERT_TRUE(until([&] { return !lost.empty(); }));
  EXPECT_THAT(
      lost, ElementsAre(fmt::format("pod {}: it is gone or was started anew, and its fault with it",
                                    names[0])));
  EXPECT_TRUE(is_renewed(names[1]));
  EXPECT_THAT(why(prove("sidecar", both, journal, base::millis(300))), HasSubstr("it is gone"));
  remove(kPods, names[1]);
  ASSERT_TRUE(until([&] { return !ended.empty(); }));
  EXPECT_THAT(ended, HasSubstr("pod " + names[1] + ": it is gone"));
  EXPECT_THAT(lost, SizeIs(1));
  EXPECT_TRUE(done(let_go()));
  // Nobody is asked who may have come to these addresses.
  const std::vector<Node> left = faults(names[1]);
  EXPECT_TRUE(done(undo("sidecar", both, journal)));
  EXPECT_EQ(faults(names[1]).size(), left.size());
}

}  // namespace
}  // namespace cluster
