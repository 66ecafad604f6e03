// What the actuator asks of a kind and when: before the drill, and for the proof of a fault.
#include "runner/actuator.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory_file.h"
#include "targets/fields.h"
#include "targets/lease.h"
#include "targets/step_wait_for.h"

namespace runner {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::HasSubstr;

class NoTarget final : public targets::Target {
 public:
  const api::LocalSystem& system() const override { return system_; }
  aio::Task<base::Result<>> check(std::stop_token) override { co_return base::Result<>{}; }
  const std::string& description() const override { return description_; }
  std::vector<std::string> running() const override { return {}; }
  aio::Task<base::Result<std::string>> start_isolated(std::string, std::stop_token) override {
    co_return std::string();
  }
  aio::Task<base::Result<>> stop_isolated(std::string, std::stop_token) override {
    co_return base::Result<>{};
  }
  const Gone& gone() const override { return lost; }

  Gone lost;

 private:
  api::LocalSystem system_;
  std::string description_;
};

/// Does what its parameter `fails` does not name, and tells what it was asked.
class Told final : public targets::Driver, public targets::Lease {
 public:
  explicit Told(std::vector<std::string>& told) : told_(told) {}
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node&) const override { return {"a"}; }

  aio::Task<base::Result<>> preflight(targets::Context&, Node params, std::stop_token) override {
    co_return tell("preflight", params);
  }
  aio::Task<base::Result<Node>> prepare(targets::Context&, Node params, std::stop_token) override {
    CO_TRY(tell("prepare", params));
    co_return Node::map().set("kept", 7);
  }
  aio::Task<base::Result<std::string>> apply(targets::Context&, Node params, Node,
                                             std::stop_token) override {
    CO_TRY(tell("apply", params));
    co_return std::string("applied");
  }
  aio::Task<base::Result<>> sustain(targets::Context&, Node params, Node undo, Lost lost,
                                    std::stop_token) override {
    lost("a half");
    co_return tell("sustain with " + api::to_json(undo), params);
  }
  aio::Task<base::Result<std::string>> prove(targets::Context&, Node params, Node undo,
                                             std::stop_token) override {
    CO_TRY(tell("prove with " + api::to_json(undo), params));
    co_return std::string("seen by its kind");
  }
  aio::Task<base::Result<>> undo(targets::Context&, Node params, Node, std::stop_token) override {
    co_return tell("undo", params);
  }

 private:
  base::Result<> tell(const std::string& what, const Node& params) {
    told_.push_back(what + " " + params["name"].as_string());
    if (!what.starts_with(params["fails"].as_string()) || params["fails"].as_string().empty()) {
      return {};
    }
    return base::fail(base::Code::PermissionDenied, "not allowed to " + what);
  }

  std::vector<std::string>& told_;
  api::ActionKind kind_ = targets::fields::kind("told", api::Use::Fault | api::Use::Step, "", {});
};

/// Holds from the second look on.
class Later final : public targets::Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  aio::Task<base::Result<targets::Check>> check(targets::Context&, Node, std::stop_token) override {
    co_return targets::Check{++looks_ > 1, "seen by the plan"};
  }

 private:
  int looks_ = 0;
  api::ActionKind kind_ = targets::fields::kind("later", api::Use::Condition, "", {});
};

class ActuatorTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog_.add(std::make_unique<Told>(told_));
    catalog_.add(std::make_unique<Later>());
    auto journal = store::UndoJournal::create(std::make_unique<MemoryFile>(), "drill");
    ASSERT_TRUE(journal.has_value());
    journal_.emplace(std::move(*journal));
    plan_.faults.push_back({"breaks", action("fault"), std::nullopt, 60});
    for (const char* name : {"one", "two"}) {
      api::Step step;
      step.name = name;
      step.action = action(name);
      plan_.recovery.push_back(step);
    }
  }
  static api::Action action(const std::string& name, const std::string& fails = "") {
    return {"told", Node::map().set("name", name).set("fails", fails), {}};
  }
  Actuator& actuator() {
    if (!actuator_) {
      what_.emplace(targets::Context{target_, clock_, catalog_});
      actuator_.emplace(plan_, *what_, *journal_, confirm_);
    }
    return *actuator_;
  }
  base::Result<> preflight() { return aio::run(context_, actuator().preflight({})); }
  template <class Event>
  Event run(aio::Task<Event> task) {
    return *aio::run(context_, wrapped(std::move(task)));
  }
  template <class Event>
  static aio::Task<base::Result<Event>> wrapped(aio::Task<Event> task) {
    co_return co_await std::move(task);
  }
  drill::event::Proven proven() {
    const drill::PartId fault{drill::PartId::Kind::Fault, 0};
    EXPECT_TRUE(run(actuator().record(fault, base::seconds(5), {})).ok);
    run(actuator().apply(fault, {}));
    told_.clear();
    return run(actuator().prove(fault, base::seconds(5), {}));
  }

  aio::asio::io_context context_;
  aio::SystemClock clock_;
  NoTarget target_;
  targets::Catalog catalog_;
  std::vector<std::string> told_;
  std::optional<store::UndoJournal> journal_;
  api::RecoveryPlan plan_;
  Actuator::Confirm confirm_;
  std::optional<targets::Context> what_;
  std::optional<Actuator> actuator_;
};

TEST_F(ActuatorTest, ThePreflightAsksEveryPartAndDoesNothing) {
  plan_.recovery[1].undo = action("two's undo");
  ASSERT_TRUE(preflight().has_value());
  EXPECT_THAT(told_, ElementsAre("preflight fault", "preflight one", "preflight two",
                                 "preflight two's undo"));
}

aio::Task<base::Result<>> taken_over(std::stop_token) {
  co_return base::fail(base::Code::FailedPrecondition, "another pod has the drill now");
}

TEST_F(ActuatorTest, WhatIsNotConfirmedIsRecordedAndNotDone) {
  confirm_ = taken_over;
  const drill::PartId fault{drill::PartId::Kind::Fault, 0};
  EXPECT_TRUE(run(actuator().record(fault, base::seconds(5), {})).ok);
  const drill::event::Applied applied = run(actuator().apply(fault, {}));
  EXPECT_EQ(applied.result, drill::DoResult::Failed);
  EXPECT_THAT(applied.detail, HasSubstr("another pod has the drill now"));
  EXPECT_THAT(told_, ElementsAre("prepare fault"));
}

TEST_F(ActuatorTest, ThePreflightNamesThePartThatMayNot) {
  plan_.recovery[0].action = action("one", "preflight");
  const auto may = preflight();
  ASSERT_FALSE(may.has_value());
  EXPECT_EQ(may.error().code, base::Code::PermissionDenied);
  EXPECT_THAT(may.error().message, HasSubstr("one: not allowed to preflight"));
  EXPECT_THAT(told_, ElementsAre("preflight fault", "preflight one"));
}

TEST_F(ActuatorTest, TheKindLooksWithWhatTheJournalHas) {
  const drill::event::Proven seen = proven();
  EXPECT_TRUE(seen.ok);
  EXPECT_EQ(seen.detail, "seen by its kind");
  EXPECT_THAT(told_, ElementsAre(R"(prove with {"kept":7} fault)"));
}

TEST_F(ActuatorTest, AFaultIsKeptInForceWithWhatTheJournalHas) {
  const drill::PartId fault{drill::PartId::Kind::Fault, 0};
  EXPECT_TRUE(run(actuator().record(fault, base::seconds(5), {})).ok);
  told_.clear();
  const auto lose = [&](const std::string& what) { told_.push_back("lost " + what); };
  EXPECT_TRUE(aio::run(context_, actuator().sustain(fault, lose, {})).has_value());
  EXPECT_THAT(told_, ElementsAre("lost breaks: a half", R"(sustain with {"kept":7} fault)"));
  plan_.faults[0].action = action("fault", "sustain");
  const auto lost = aio::run(context_, actuator().sustain(fault, lose, {}));
  ASSERT_FALSE(lost.has_value());
  EXPECT_THAT(lost.error().message, HasSubstr("breaks: not allowed to sustain"));
}

TEST_F(ActuatorTest, AProofOfThePlanIsOneMore) {
  plan_.faults[0].proven_by = api::Action{"later", Node::map(), {}};
  const drill::event::Proven seen = proven();
  EXPECT_TRUE(seen.ok);
  EXPECT_EQ(seen.detail, "seen by the plan");
  EXPECT_THAT(told_, ElementsAre(R"(prove with {"kept":7} fault)"));
}

TEST_F(ActuatorTest, WhatTheKindDoesNotSeeNoPlanProves) {
  plan_.faults[0].action = action("fault", "prove");
  plan_.faults[0].proven_by = api::Action{"later", Node::map(), {}};
  const drill::event::Proven seen = proven();
  EXPECT_FALSE(seen.ok);
  EXPECT_THAT(seen.detail, HasSubstr("not allowed to prove"));
}

/// It would wait for what nobody makes again.
TEST_F(ActuatorTest, AFailbackStepThatWaitsForWhatIsGoneIsLeftOut) {
  catalog_.add(targets::make_wait_for_step());
  const auto waits = [](const char* kind, const char* field) {
    const Node condition = Node::map().set(field, "web").set("state", "Ready");
    api::Step out;
    out.name = std::string("wait-for-") + kind;
    out.action = {api::kWaitFor, Node::map().set(kind, condition), {}};
    return out;
  };
  plan_.failback = {waits("workload", "name"), waits("postgres", "instance")};
  target_.lost = {{"workload/web", "Deployment web is gone"},
                  {"instance/web", "StatefulSet db is gone"}};
  const auto applied = [&](std::uint32_t index) {
    return run(actuator().apply({drill::PartId::Kind::Failback, index}, {}));
  };
  EXPECT_EQ(applied(0).detail, "left out: Deployment web is gone");
  EXPECT_EQ(applied(0).result, drill::DoResult::Ok);
  EXPECT_EQ(applied(1).detail, "left out: StatefulSet db is gone");
  target_.lost.clear();
  EXPECT_EQ(applied(0).result, drill::DoResult::Failed)
      << "it is asked for, which nobody knows here";
}

}  // namespace
}  // namespace runner
