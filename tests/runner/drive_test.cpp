// The drive against the engine's limits: what becomes of an undo that has no answer in its time.
#include "runner/drive.h"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../aio/virtual_clock.h"
#include "../cluster/slow_server.h"
#include "cluster/cluster_target.h"
#include "memory_file.h"
#include "targets/fields.h"

namespace runner {
namespace {

using api::Node;
using drill::TimelineEvent;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

constexpr drill::PartId kFault{drill::PartId::Kind::Fault, 0};

/// A fault whose undo is one write, and which looks before it begins.
class Written final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node&) const override { return {"a"}; }
  aio::Task<base::Result<Node>> prepare(targets::Context& context, Node params,
                                        std::stop_token stop) override {
    if (params["looks"].as_bool()) {
      CO_TRY(co_await cluster::cluster_of(context).client().send("GET", "/x", "", "",
                                                                 std::move(stop)));
    }
    co_return Node::map();
  }
  aio::Task<base::Result<std::string>> apply(targets::Context& context, Node params, Node,
                                             std::stop_token stop) override {
    if (params["writes"].as_bool()) {
      CO_TRY(co_await cluster::cluster_of(context).client().send("POST", "/x", "", "{}",
                                                                 std::move(stop)));
    }
    co_return std::string();
  }
  aio::Task<base::Result<>> undo(targets::Context& context, Node params, Node,
                                 std::stop_token stop) override {
    if (params["writes"].as_bool()) {  // nothing is there to be undone, as it sees
      undone.push_back(context.clock.now());
      co_return base::Result<>{};
    }
    CO_TRY(co_await cluster::cluster_of(context).client().send("PATCH", "/x", "", "{}",
                                                               std::move(stop)));
    co_return base::Result<>{};
  }

  std::vector<base::TimePoint> undone;

 private:
  api::ActionKind kind_ = targets::fields::kind("written", api::Use::Fault, "", {});
};

/// All is well, and always was.
class QuietEdge final : public Edge {
 public:
  explicit QuietEdge(aio::Clock& clock) : clock_(clock) {}
  aio::Task<drill::event::Preflighted> preflight(std::stop_token) override {
    co_return drill::event::Preflighted{true, ""};
  }
  void observe(drill::action::Observe::What) override {}
  aio::Task<drill::event::Observed> look(std::stop_token) override {
    drill::event::Observed out;
    out.service = drill::Service::Good;
    out.through = clock_.now();
    out.promoted = drill::Seen::No;
    co_return out;
  }
  aio::Task<drill::event::FinalReadDone> final_read(drill::FinalRead::Which which,
                                                    std::stop_token) override {
    co_return drill::event::FinalReadDone{which, true, ""};
  }

 private:
  aio::Clock& clock_;
};

class DriveTest : public testing::Test {
 protected:
  void SetUp() override {
    auto written = std::make_unique<Written>();
    fault_ = written.get();
    catalog_.add(std::move(written));
    plan_.faults.push_back({"breaks", {"written", Node::map(), {}}, std::nullopt, 60});
    auto journal = store::UndoJournal::create(std::make_unique<MemoryFile>(), "drill");
    ASSERT_TRUE(journal.has_value());
    journal_.emplace(std::move(*journal));
    auto target = aio::run(
        io_, cluster::ClusterTarget::open(clock_, server_, nullptr, {"shop", "plan", {}}, {}));
    ASSERT_TRUE(target.has_value()) << target.error().message;
    target_ = std::move(*target);
  }
  static aio::Task<base::Result<>> recorded(Actuator& actuator) {
    const auto done = co_await actuator.record(kFault, base::seconds(5), {});
    if (!done.ok) co_return base::fail(base::Code::Internal, done.why);
    co_return base::Result<>{};
  }
  static aio::Task<base::Result<>> run(Drive& drive, std::optional<drill::action::Finish>& finish) {
    finish = co_await drive.run();
    co_return base::Result<>{};
  }
  /// To its end, a tenth of a second at a time.
  drill::action::Finish finish_of(Drive& drive) {
    std::optional<drill::action::Finish> finish;
    aio::TaskGroup group(io_.get_executor());
    group.spawn(run(drive, finish));
    for (int tenths = 0; tenths < 20'000 && !finish; ++tenths) {
      io_.restart();
      io_.poll();
      clock_.advance(base::millis(100));
    }
    EXPECT_TRUE(finish.has_value());
    return finish.value_or(drill::action::Finish{});
  }
  static drill::EngineConfig with_fault() {
    drill::EngineConfig out = config();
    drill::PartConfig fault;
    fault.name = "breaks";
    fault.undo = drill::Undo::Always;
    fault.targets = {"a"};
    fault.timeout = base::seconds(5);
    out.faults = {fault};
    return out;
  }
  static drill::EngineConfig config() {
    drill::EngineConfig out;
    out.can_promote = out.watch_redundancy = out.final_reads = false;
    return out;
  }

  boost::asio::io_context io_;
  aio::VirtualClock clock_;
  cluster::SlowServer server_{io_.get_executor()};
  targets::Catalog catalog_;
  Written* fault_ = nullptr;
  api::RecoveryPlan plan_;
  std::optional<store::UndoJournal> journal_;
  std::unique_ptr<cluster::ClusterTarget> target_;
};

TEST_F(DriveTest, AnUndoWhoseWriteIsAwaitedEndsBeforeTheNextAndSaysWhy) {
  targets::Context context{*target_, clock_, catalog_};
  Actuator actuator(plan_, context, *journal_);
  ASSERT_TRUE(aio::run(io_, recorded(actuator)).has_value());
  QuietEdge edge(clock_);
  Drive drive(clock_, io_.get_executor(),
              drill::Engine::resume(config(), {{kFault, "breaks", drill::Undo::Always}}), actuator,
              edge, *journal_);
  EXPECT_FALSE(finish_of(drive).whole);
  std::vector<std::string> said;
  for (const TimelineEvent& entry : drive.chronicle().timeline()) {
    if (entry.kind == TimelineEvent::Kind::RestoreFailed) said.push_back(entry.text);
  }
  EXPECT_THAT(said, AllOf(SizeIs(3), Each(HasSubstr("PATCH has no answer"))));
  EXPECT_EQ(server_.most, 1) << "no attempt beside another";
  EXPECT_EQ(server_.under_way, 0);
}

TEST_F(DriveTest, WhatKeepsAnUndoFromBeingRecordedIsTheReason) {
  plan_.faults[0].action.params.set("looks", true);
  targets::Context context{*target_, clock_, catalog_};
  Actuator actuator(plan_, context, *journal_);
  QuietEdge edge(clock_);
  Drive drive(clock_, io_.get_executor(), drill::Engine(with_fault()), actuator, edge, *journal_);
  const drill::action::Finish finish = finish_of(drive);
  EXPECT_EQ(finish.ending, drill::Ending::SetupFailed);
  EXPECT_THAT(finish.reason, HasSubstr("GET has no answer"));
}

TEST_F(DriveTest, AWriteThatNobodyAnsweredIsUndoneAtOnceAndWhenItCannotTakeEffectAnyMore) {
  plan_.faults[0].action.params.set("writes", true);
  targets::Context context{*target_, clock_, catalog_};
  Actuator actuator(plan_, context, *journal_);
  QuietEdge edge(clock_);
  Drive drive(clock_, io_.get_executor(), drill::Engine(with_fault()), actuator, edge, *journal_);
  const drill::action::Finish finish = finish_of(drive);
  EXPECT_TRUE(finish.whole) << finish.reason;
  EXPECT_THAT(server_.asked, testing::ElementsAre("POST /x?timeout=8s"));
  ASSERT_EQ(fault_->undone.size(), 2U);
  EXPECT_GE(fault_->undone[1] - fault_->undone[0], cluster::kLandsWithin);
  EXPECT_LT(fault_->undone[1] - fault_->undone[0], cluster::kLandsWithin + base::seconds(1));
}

}  // namespace
}  // namespace runner
