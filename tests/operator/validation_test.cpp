#include "operator/validation.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"
#include "cluster/drill_object.h"
#include "cluster/kinds.h"
#include "operator/drill_decide.h"

namespace op {
namespace {

using api::Node;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// A plan that ships.
Node plan() {
  std::ifstream stream(MUSTER_SOURCE_DIR "/dr-drills/kubernetes/database-failover.yaml");
  std::ostringstream text;
  text << stream.rdbuf();
  return api::parse_yaml(text.str(), "plan")->front();
}
Node parsed(const std::string& json) {
  auto out = api::parse_json(json);
  EXPECT_TRUE(out.has_value()) << json;
  return out.value_or(Node());
}
Node schedule(const std::string& spec) {
  return parsed(
      R"({"apiVersion":"muster.dev/v1alpha1","kind":"DrillSchedule","metadata":{"name":"nightly"},"spec":)" +
      spec + "}");
}
Node drill(const std::string& spec) {
  return parsed(
      R"({"apiVersion":"muster.dev/v1alpha1","kind":"Drill","metadata":{"name":"d"},"spec":)" +
      spec + "}");
}
const targets::Catalog& catalog() {
  static const targets::Catalog kCatalog = cluster::cluster_catalog();
  return kCatalog;
}
std::string said(const Judgement& judgement) {
  return text_of(judgement.problems);
}
scheduling::Instant now() {
  return scheduling::Instant(scheduling::Seconds(1'800'000'000));
}

TEST(Validation, WhatShipsIsTaken) {
  const Judgement judged = judge_plan(plan(), catalog());
  EXPECT_EQ(said(judged), "");
  EXPECT_THAT(judged.warnings, testing::ElementsAre(HasSubstr("sum to 390000 ms")));
  const Node shipped = plan();
  EXPECT_EQ(said(judge_drill(drill(R"({"planRef":{"name":"database-failover"},"profile":"quick"})"),
                             &shipped, catalog())),
            "");
}

TEST(Validation, APlanIsJudgedByTheWordsOfADrillsCondition) {
  Node wrong = plan();
  wrong.find("spec")->find("roles")->set("primary", "db-z");
  const Judgement judged = judge_plan(wrong, catalog());
  EXPECT_THAT(said(judged), HasSubstr("db-z"));
  const Judgement of_drill =
      judge_drill(drill(R"({"planRef":{"name":"database-failover"}})"), &wrong, catalog());
  EXPECT_THAT(said(of_drill),
              HasSubstr("spec.planRef: RecoveryPlan 'database-failover' cannot be drilled: " +
                        said(judged)));
}

TEST(Validation, WhatOnlyAProfileMakesWrongIsAWarning) {
  Node odd = plan();
  odd.find("spec")
      ->find("profiles")
      ->find("quick")
      ->find("timing")
      ->set("baselineSeconds", 500)
      .set("deadlineSeconds", 10);
  const Judgement judged = judge_plan(odd, catalog());
  EXPECT_EQ(said(judged), "");
  EXPECT_THAT(judged.warnings, Contains(HasSubstr("with profile quick no drill can run: ")));
}

TEST(Validation, AScheduleIsJudgedWithItsPlan) {
  const std::string good =
      R"({"schedule":"0 3 * * *","drill":{"planRef":{"name":"p"},"profile":"quick"}})";
  const Node shipped = plan();
  EXPECT_EQ(said(judge_schedule(schedule(good), &shipped, now())), "");
  EXPECT_THAT(judge_schedule(schedule(good), &shipped, now()).warnings, IsEmpty());
  EXPECT_THAT(judge_schedule(schedule(good), nullptr, now()).warnings,
              Contains(HasSubstr("there is no RecoveryPlan 'p'")));
  Node other = plan();
  other.find("spec")->erase("profiles");
  EXPECT_THAT(judge_schedule(schedule(good), &other, now()).warnings,
              Contains(HasSubstr("its drills will be refused: spec.profile")));
  EXPECT_THAT(
      said(judge_schedule(
          schedule(
              R"({"schedule":"0 3 30 2 *","timeZone":"Europe/Berlinn","drill":{"planRef":{"name":"p"}}})"),
          &shipped, now())),
      testing::AllOf(HasSubstr("spec.timeZone: "), HasSubstr("Europe/Berlinn")));
}

TEST(Validation, ADrillMayBeStricterThanItsPlanAndNotLess) {
  const Node shipped = plan();
  const auto judged = [&](const std::string& spec) {
    return judge_drill(drill(spec), &shipped, catalog());
  };
  EXPECT_EQ(said(judged(R"({"planRef":{"name":"p"},"objectives":{"rtoSeconds":100}})")), "");
  EXPECT_THAT(said(judged(R"({"planRef":{"name":"p"},"objectives":{"rtoSeconds":301}})")),
              testing::StartsWith("spec.objectives.rtoSeconds: 301 instead of 300"));
  EXPECT_THAT(said(judged(R"({"planRef":{"name":"p"},"profile":"quack"})")),
              HasSubstr("spec.profile"));
  EXPECT_THAT(said(judged(R"({"planRef":{"name":"p"},"aproval":1})")), HasSubstr("aproval"));
  const Judgement alone = judge_drill(drill(R"({"planRef":{"name":"p"}})"), nullptr, catalog());
  EXPECT_EQ(said(alone), "");
  EXPECT_THAT(alone.warnings, Contains(HasSubstr("there is no RecoveryPlan 'p'")));
}

TEST(Validation, WhatTheServerIsYetToNameHasNoWrongName) {
  Node made = drill(R"({"planRef":{"name":"p"}})");
  *made.find("metadata") = Node::map().set("generateName", "nightly-");
  const Node shipped = plan();
  EXPECT_EQ(said(judge_drill(made, &shipped, catalog())), "");
}

AdmissionRequest request(const std::string& operation, const char* kind, Node object,
                         Node old = Node()) {
  AdmissionRequest out;
  out.uid = "u";
  out.operation = operation;
  out.group = "muster.dev";
  out.version = "v1alpha1";
  out.kind = kind;
  out.key = {"shop", "x"};
  out.object = std::move(object);
  out.old_object = std::move(old);
  return out;
}

TEST(Validation, IsNeverInTheWay) {
  Node wrong = plan();
  wrong.find("spec")->find("roles")->set("primary", "db-z");
  Node labelled = wrong;
  labelled.find("metadata")->set("labels", Node::map().set("a", "b"));
  Node ending = wrong;
  ending.find("metadata")->set("deletionTimestamp", "2026-11-26T12:00:00Z");
  EXPECT_TRUE(is_judged(request("CREATE", "RecoveryPlan", wrong)));
  EXPECT_TRUE(is_judged(request("UPDATE", "RecoveryPlan", wrong, plan())));
  EXPECT_FALSE(is_judged(request("UPDATE", "RecoveryPlan", labelled, wrong)));
  EXPECT_FALSE(is_judged(request("UPDATE", "RecoveryPlan", ending, plan())));
  EXPECT_FALSE(is_judged(request("DELETE", "RecoveryPlan", Node(), wrong)));
  EXPECT_TRUE(is_judged(request("CREATE", "Drill", drill("{}"))));
  EXPECT_FALSE(is_judged(request("UPDATE", "Drill", drill(R"({"abort":true})"), drill("{}"))));
  EXPECT_FALSE(is_judged(request("CREATE", "Deployment", wrong)));
  AdmissionRequest status = request("UPDATE", "RecoveryPlan", wrong, plan());
  status.subresource = "status";
  EXPECT_FALSE(is_judged(status));
}

class ValidatorTest : public testing::Test {
 protected:
  AdmissionAnswer judge(AdmissionRequest asked) {
    Validator validator(clock, [this](kube::Key key, std::stop_token) { return find(key); });
    const auto out = aio::run(context, judged(validator, std::move(asked)));
    return out.value_or(AdmissionAnswer{});
  }
  static aio::Task<base::Result<AdmissionAnswer>> judged(Validator& validator,
                                                         AdmissionRequest asked) {
    co_return co_await validator.judge(std::move(asked), {});
  }
  aio::Task<base::Result<std::optional<Node>>> find(kube::Key key) {
    looked.push_back(key);
    co_return found;
  }

  aio::SystemClock clock;
  boost::asio::io_context context;
  std::vector<kube::Key> looked;
  base::Result<std::optional<Node>> found = std::optional<Node>();
};

TEST_F(ValidatorTest, OfAnUpdateOnlyWhatItMakesWrongIsRefused) {
  const std::string rest = R"(,"timeZone":"Europe/Berlinn","drill":{"planRef":{"name":"p"}}})";
  const Node old = schedule(R"({"schedule":"0 3 * * *")" + rest);
  // It was wrong before; that it is to rest is no reason to refuse it.
  const AdmissionAnswer rests =
      judge(request("UPDATE", "DrillSchedule",
                    schedule(R"({"schedule":"0 3 * * *","suspend":true)" + rest), old));
  EXPECT_TRUE(rests.allowed);
  EXPECT_THAT(rests.warnings, Contains(HasSubstr("as before, spec.timeZone")));
  const AdmissionAnswer worse = judge(
      request("UPDATE", "DrillSchedule", schedule(R"({"schedule":"0 3 * * SUNDAYS")" + rest), old));
  EXPECT_FALSE(worse.allowed);
  ASSERT_EQ(worse.causes.size(), 1U);
  EXPECT_EQ(worse.causes[0].field, "spec.schedule");
  const AdmissionAnswer made = judge(request("CREATE", "DrillSchedule", old));
  EXPECT_FALSE(made.allowed);
  EXPECT_THAT(looked, testing::Each(kube::Key{"shop", "p"}));
}

TEST_F(ValidatorTest, ADrillIsJudgedByThePlanAsItIsNow) {
  found = std::optional<Node>(plan());
  const Node asked = drill(R"({"planRef":{"name":"database-failover"},"profile":"quack"})");
  const AdmissionAnswer refused = judge(request("CREATE", "Drill", asked));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.causes.at(0).field, "spec.profile");
  EXPECT_THAT(refused.causes.at(0).message, testing::StartsWith("there is no profile"));
  EXPECT_THAT(looked, testing::ElementsAre(kube::Key{"shop", "database-failover"}));
  // Nobody could say: that is no reason to refuse, nor to warn.
  found = base::fail(base::Code::Unavailable, "away");
  const AdmissionAnswer unknown = judge(request("CREATE", "Drill", asked));
  EXPECT_TRUE(unknown.allowed);
  EXPECT_THAT(unknown.warnings, IsEmpty());
}

TEST_F(ValidatorTest, OfASidecarProfileIsToldWhatTheSchemaCannotSee) {
  const auto profile = [](const std::string& spec) {
    return parsed(R"({"kind":"SidecarProfile","metadata":{"name":"web"},"spec":)" + spec + "}");
  };
  const AdmissionAnswer refused =
      judge(request("CREATE", "SidecarProfile", profile(R"({"deny":["10.0.0.0/99"]})")));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.causes.at(0).field, "spec.deny");
  EXPECT_THAT(refused.causes.at(0).message, HasSubstr("10.0.0.0/99"));
  const AdmissionAnswer dry = judge(request("CREATE", "SidecarProfile", profile("{}")));
  EXPECT_TRUE(dry.allowed);
  EXPECT_THAT(dry.warnings, testing::ElementsAre(HasSubstr("trustedProxies")));
  const AdmissionAnswer on =
      judge(request("CREATE", "SidecarProfile", profile(R"({"trustedProxies":["10.0.0.0/8"]})")));
  EXPECT_TRUE(on.allowed);
  EXPECT_THAT(on.warnings, IsEmpty());
  EXPECT_THAT(looked, IsEmpty()) << "no plan has to do with it";
}

TEST_F(ValidatorTest, EveryProblemIsTold) {
  Node wrong = plan();
  Node* spec = wrong.find("spec");
  spec->find("objectives")->set("rtoSeconds", 0).set("rpoSeconds", -1);
  const AdmissionAnswer refused = judge(request("CREATE", "RecoveryPlan", wrong));
  EXPECT_FALSE(refused.allowed);
  std::vector<std::string> fields;
  for (const AdmissionCause& cause : refused.causes) {
    fields.push_back(cause.field);
    EXPECT_THAT(cause.message, HasSubstr("an integer from "));
  }
  EXPECT_THAT(fields, testing::UnorderedElementsAre("spec.objectives.rtoSeconds",
                                                    "spec.objectives.rpoSeconds"));
  EXPECT_THAT(looked, IsEmpty());
}

TEST_F(ValidatorTest, AnRpoThatNothingMeasuresIsRefusedAndSaysWhatIsWanted) {
  Node blind = plan();
  blind.find("spec")->set("probes", *api::parse_json(R"([{"name":"orders",
      "tcp":{"address":"{address.database}"}}])"));
  const AdmissionAnswer refused = judge(request("CREATE", "RecoveryPlan", blind));
  EXPECT_FALSE(refused.allowed);
  const auto about_rpo =
      std::ranges::find(refused.causes, "spec.objectives.rpoSeconds", &AdmissionCause::field);
  ASSERT_NE(about_rpo, refused.causes.end());
  EXPECT_THAT(about_rpo->message, HasSubstr("A postgres probe does"));
}

}  // namespace
}  // namespace op
