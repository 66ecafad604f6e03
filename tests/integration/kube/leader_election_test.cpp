// Candidates for one Lease on a real API server. Each has an event loop of its own, so that one can
// stand still as a process does that is not given the processor.
#include "kube/leader_election.h"

#include <ctime>

#include <fmt/format.h>

#include "server_test.h"

namespace kube {
namespace {

class Candidate {
 public:
  Candidate(const std::string& name, const std::string& space, Config config) {
    client_ = std::move(*Client::make(clock, context_.get_executor(), std::move(config)));
    LeaseConfig lease{.identity = name,
                      .duration = base::seconds(3),
                      .renew_deadline = base::seconds(2),
                      .retry = base::millis(500)};
    election = std::make_unique<LeaderElection>(clock, *client_, Key{space, "lease"}, lease);
    election->on_lead = [this](std::uint32_t term) {
      epoch = term;
      led_at = clock.now();
    };
    election->on_lost = [this](const std::string& why) { lost = why; };
    asio::co_spawn(context_, election->run(stop.get_token()),
                   [this](std::exception_ptr, base::Result<> outcome) {
                     ended = true;
                     if (!outcome) lost = outcome.error().message;
                   });
  }
  ~Candidate() {
    stop.request_stop();
    const auto end = clock.now() + base::seconds(10);
    while (!ended && clock.now() < end) poll();
  }
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  void poll() {
    context_.restart();
    context_.run_for(std::chrono::microseconds(200));
  }

  aio::SystemClock clock;

 private:
  asio::io_context context_;
  std::unique_ptr<Client> client_;

 public:
  std::unique_ptr<LeaderElection> election;
  std::uint32_t epoch = 0;
  base::TimePoint led_at{};
  std::string lost;
  std::stop_source stop;
  bool ended = false;
  bool frozen = false;
};

/// Longer than the lease lasts without a renewal.
aio::Task<> long_work(Candidate& leader, bool& ended) {
  static_cast<void>(co_await aio::wait_for(leader.clock, base::seconds(3), {}));
  EXPECT_TRUE(leader.election->leads()) << "its work has not ended";
  ended = true;
}

class ElectionTest : public ServerTest {
 protected:
  Candidate& add(const std::string& name) {
    candidates.push_back(std::make_unique<Candidate>(name, space, config()));
    return *candidates.back();
  }
  std::size_t leaders() const {
    std::size_t out = 0;
    for (const auto& one : candidates) out += one->election->leads();
    return out;
  }
  /// Two leaders at any moment fail the test.
  bool until(const std::function<bool()>& holds, base::Duration limit = base::seconds(30)) {
    const auto end = clock.now() + limit;
    while (!holds() && clock.now() < end) {
      for (const auto& one : candidates) {
        if (!one->frozen) one->poll();
      }
      EXPECT_LE(leaders(), 1U);
    }
    return holds();
  }

  std::vector<std::unique_ptr<Candidate>> candidates;
};

TEST_F(ElectionTest, OneLeadsAndWhatItGivesBackIsTakenAtOnce) {
  Candidate& a = add("a");
  ASSERT_TRUE(until([&] { return a.election->leads(); }));
  Candidate& b = add("b");
  ASSERT_TRUE(until([&] { return b.election->holder() == "a"; }));
  bool work_ended = false;
  a.election->before_release = [&] { return long_work(a, work_ended); };
  a.stop.request_stop();
  ASSERT_TRUE(until([&] { return work_ended; }));
  const auto released = clock.now();
  ASSERT_TRUE(until([&] { return b.election->leads(); }));
  EXPECT_LT(b.led_at - released, base::seconds(2)) << "sooner than the lease would end";
  EXPECT_GT(b.epoch, a.epoch);
  EXPECT_TRUE(until([&] { return a.ended; }));
  fmt::print("handed over in {:.1f} ms\n", base::to_millis(b.led_at - released));
}

TEST_F(ElectionTest, ALeaderThatStandsStillIsReplacedAndKnowsItWhenItWakes) {
  Candidate& a = add("a");
  ASSERT_TRUE(until([&] { return a.election->leads(); }));
  Candidate& b = add("b");
  ASSERT_TRUE(until([&] { return b.election->holder() == "a"; }));
  a.frozen = true;
  const auto stood = clock.now();
  ASSERT_TRUE(until([&] { return b.election->leads(); }));
  EXPECT_FALSE(a.election->leads()) << "by its clock, without being told";
  const auto took = clock.now() - stood;
  EXPECT_GE(took, base::millis(1900));
  EXPECT_LT(took, base::seconds(6));
  fmt::print("replaced in {:.0f} ms\n", base::to_millis(took));
  a.frozen = false;
  EXPECT_TRUE(until([&] { return !a.lost.empty() && a.election->holder() == "b"; }));
}

TEST_F(ElectionTest, WithoutTheServerNobodyLeadsAndWithItSomebodyDoes) {
  Candidate& a = add("a");
  ASSERT_TRUE(until([&] { return a.election->leads(); }));
  add("b");
  ApiServer::instance().tell("kill apiserver");
  ASSERT_TRUE(until([&] { return leaders() == 0; }));
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
  ApiServer::instance().tell("start apiserver");
  EXPECT_TRUE(until([&] { return leaders() == 1; }));
}

TEST_F(ElectionTest, WhyItDoesNotLeadIsSaidAndNothingSpins) {
  Config nobody = config();
  nobody.user = {};
  candidates.push_back(std::make_unique<Candidate>("a", space, nobody));
  Candidate& a = *candidates.back();
  ASSERT_TRUE(until([&] { return !a.election->problem().empty(); }));
  EXPECT_THAT(a.election->problem(), testing::HasSubstr("forbidden"));
  ApiServer::instance().tell("pause apiserver");
  const auto cpu = std::clock();
  const auto began = clock.now();
  ASSERT_TRUE(until([&] { return clock.now() - began > base::seconds(2); }));
  const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  ApiServer::instance().tell("resume apiserver");
  EXPECT_LT(used, 1.0) << "while it waits for an answer";
}

TEST_F(ElectionTest, AConfigurationThatCannotWorkIsAnError) {
  const auto client = connect(config());
  LeaderElection election(clock, *client, {space, "lease"},
                          {.identity = "a", .duration = base::seconds(1)});
  const auto outcome = aio::run(context, election.run({}));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, base::Code::InvalidArgument);
  EXPECT_FALSE(election.leads());
}

TEST_F(ElectionTest, WhatOthersKeepInTheLeaseStays) {
  Candidate& a = add("a");
  ASSERT_TRUE(until([&] { return a.election->leads(); }));
  const Resource leases{"coordination.k8s.io", "v1", "Lease", "leases", true};
  ASSERT_TRUE(ok(run(client->patch(leases, {space, "lease"}, PatchType::Merge,
                                   R"({"metadata": {"labels": {"team": "x"}}})", {}, {}))));
  const auto now = clock.now();
  ASSERT_TRUE(until([&] { return clock.now() - now > base::seconds(4); }));
  EXPECT_TRUE(a.election->leads()) << a.lost;
  const auto lease = run(client->get(leases, {space, "lease"}, {}));
  EXPECT_EQ(object(lease)["metadata"]["labels"]["team"].as_string(), "x");
}

TEST_F(ElectionTest, ALeaseThatIsDeletedIsNotedByItsLeader) {
  Candidate& a = add("a");
  ASSERT_TRUE(until([&] { return a.election->leads(); }));
  const Resource leases{"coordination.k8s.io", "v1", "Lease", "leases", true};
  ASSERT_TRUE(ok(run(client->remove(leases, {space, "lease"}, {}, {}))));
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
  EXPECT_TRUE(until([&] { return a.election->leads(); })) << "and made anew";
}

}  // namespace
}  // namespace kube
