#include "operator/request_log.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "cluster/drill_object.h"
#include "sim/api_patch.h"

namespace op {
namespace {

using api::Node;

Node object_of(const std::string& json) {
  auto object = api::parse_json(json);
  EXPECT_TRUE(object.has_value()) << json;
  return object.value_or(Node());
}

AdmissionRequest request_of(const std::string& kind, const std::string& user,
                            const std::string& object, const std::string& old_object = "") {
  AdmissionRequest out;
  out.operation = old_object.empty() ? "CREATE" : "UPDATE";
  out.group = "muster.dev";
  out.kind = kind;
  out.user = user;
  out.key = {"shop", "one"};
  out.object = object_of(object);
  if (!old_object.empty()) out.old_object = object_of(old_object);
  return out;
}

/// The annotations that the object is kept with.
Node kept(const AdmissionRequest& request) {
  const AdmissionAnswer answer = sign_request(request);
  EXPECT_TRUE(answer.allowed);
  if (!answer.patch) return request.object["metadata"]["annotations"];
  const auto object = sim::json_patched(request.object, *answer.patch);
  EXPECT_TRUE(object.has_value()) << api::to_json(*answer.patch);
  return object ? (*object)["metadata"]["annotations"] : Node();
}

constexpr const char* kMade =
    R"({"metadata":{"annotations":{"muster.dev/requested-by":"alice","a":"b"}},"spec":{}})";

TEST(RequestLog, ADrillThatIsMadeSaysByWhomWhateverItSaidItself) {
  for (const char* meta : {R"({})", R"({"annotations":{}})",
                           R"({"annotations":{"muster.dev/requested-by":"the boss"}})",
                           R"({"annotations":{"muster.dev/aborted-by":"the boss"}})"}) {
    const Node annotations =
        kept(request_of("Drill", "alice", std::string(R"({"spec":{},"metadata":)") + meta + "}"));
    EXPECT_EQ(annotations[cluster::kRequestedBy].as_string(), "alice") << meta;
    EXPECT_FALSE(annotations.has(cluster::kAbortedBy)) << meta;
  }
}

TEST(RequestLog, WhoAbortsItIsNotedAndWhoMadeItStays) {
  const auto abort =
      request_of("Drill", "bob",
                 R"({"metadata":{"annotations":{"muster.dev/requested-by":"alice","a":"b"}},
                     "spec":{"abort":true}})",
                 kMade);
  const Node annotations = kept(abort);
  EXPECT_EQ(annotations[cluster::kRequestedBy].as_string(), "alice");
  EXPECT_EQ(annotations[cluster::kAbortedBy].as_string(), "bob");
  EXPECT_EQ(annotations["a"].as_string(), "b");
}

TEST(RequestLog, NobodyWritesThemLater) {
  const char* aborted =
      R"({"metadata":{"annotations":{"muster.dev/requested-by":"alice",
          "muster.dev/aborted-by":"bob"}},"spec":{"abort":true}})";
  for (const char* changed : {R"({"metadata":{"annotations":{"muster.dev/requested-by":"eve",
            "muster.dev/aborted-by":"eve"}},"spec":{"abort":true}})",
                              R"({"metadata":{"annotations":{}},"spec":{"abort":true}})",
                              R"({"metadata":{},"spec":{"abort":true}})"}) {
    const Node annotations = kept(request_of("Drill", "eve", changed, aborted));
    EXPECT_EQ(annotations[cluster::kRequestedBy].as_string(), "alice") << changed;
    EXPECT_EQ(annotations[cluster::kAbortedBy].as_string(), "bob") << changed;
  }
  const char* unsigned_one = R"({"metadata":{},"spec":{}})";
  EXPECT_FALSE(kept(request_of("Drill", "eve", kMade, unsigned_one)).has(cluster::kRequestedBy))
      << "made when nobody listened: nobody knows";
}

TEST(RequestLog, WhatSaysSoAlreadyAndOtherKindsAreLeftAlone) {
  EXPECT_FALSE(sign_request(request_of("Drill", "eve", kMade, kMade)).patch.has_value());
  EXPECT_FALSE(sign_request(request_of("Drill", "", R"({"spec":{}})")).patch.has_value());
  EXPECT_FALSE(sign_request(request_of("RecoveryPlan", "eve", kMade)).patch.has_value());
  AdmissionRequest status = request_of("Drill", "eve", R"({"status":{}})", kMade);
  status.subresource = "status";
  EXPECT_FALSE(sign_request(status).patch.has_value());
}

TEST(RequestLog, EachRequestHasItsEvent) {
  struct Case {
    AdmissionRequest request;
    std::string event, drill, subject;
  };
  const std::string spec = R"({"metadata":{},"spec":)";
  const std::string asks = spec + R"({"planRef":{"name":"db"}}})";
  const std::string aborts = spec + R"({"planRef":{"name":"db"},"abort":true}})";
  const std::string approves = spec + R"({"planRef":{"name":"db"},"approvals":["promote","b"]}})";
  const std::string approved = spec + R"({"planRef":{"name":"db"},"approvals":["promote"]}})";
  const std::string other = spec + R"({"planRef":{"name":"other"}}})";
  AdmissionRequest drawn = request_of("Drill", "u", R"({"metadata":{"generateName":"db-"}})");
  drawn.key.name.clear();
  AdmissionRequest ready = request_of("Drill", "u", approved);
  for (const Case& each : {
           Case{request_of("Drill", "u", asks), "DrillRequested", "shop/one", "db"},
           Case{drawn, "DrillRequested", "shop/db-", ""},
           Case{request_of("Drill", "u", aborts, asks), "AbortRequested", "shop/one", ""},
           Case{request_of("Drill", "u", approves, asks), "StepApproved", "shop/one", "promote, b"},
           Case{request_of("Drill", "u", approves, approved), "StepApproved", "shop/one", "b"},
           Case{request_of("Drill", "u", other, asks), "DrillChanged", "shop/one", ""},
           Case{request_of("RecoveryPlan", "u", asks), "RecoveryPlanCreated", "", "shop/one"},
           Case{request_of("SidecarProfile", "u", other, asks), "SidecarProfileChanged", "",
                "shop/one"},
       }) {
    const auto entries = audit_entries(each.request, {});
    ASSERT_EQ(entries.size(), 1U) << each.event;
    EXPECT_EQ(entries[0].event, each.event);
    EXPECT_EQ(entries[0].drill, each.drill);
    EXPECT_EQ(entries[0].subject, each.subject);
    EXPECT_EQ(entries[0].user, "u");
    AdmissionRequest rehearsal = each.request;
    rehearsal.dry_run = true;
    EXPECT_TRUE(audit_entries(rehearsal, {}).empty());
  }
  const auto both = audit_entries(ready, {});
  ASSERT_EQ(both.size(), 2U) << "approved before it was made";
  EXPECT_EQ(both[1].event, "StepApproved");
  EXPECT_EQ(both[1].subject, "promote");
  EXPECT_TRUE(audit_entries(request_of("Drill", "u", asks, asks), {}).empty());
  EXPECT_TRUE(audit_entries(request_of("RecoveryPlan", "u", asks, asks), {}).empty());
}

class RequestLogTest : public testing::Test {
 protected:
  RequestLogTest() {
    std::string pattern = testing::TempDir() + "requests-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    testing::internal::CaptureStderr();  // of all threads
  }
  ~RequestLogTest() override { std::filesystem::remove_all(folder_); }

  static std::string said() { return testing::internal::GetCapturedStderr(); }
  void ask(RequestLog& requests) {
    boost::asio::io_context context;
    const auto answered =
        aio::run(context, answer(requests, request_of("Drill", "alice", R"({"spec":{}})")));
    ASSERT_TRUE(answered.has_value());
    EXPECT_TRUE(answered->patch.has_value());
  }
  static aio::Task<base::Result<AdmissionAnswer>> answer(RequestLog& requests,
                                                         AdmissionRequest request) {
    co_return co_await requests.answer(std::move(request));
  }

  std::string folder_;
  aio::SystemClock clock_;
};

TEST_F(RequestLogTest, WithoutAFileTheProgramsLogIsMeasured) {
  std::size_t measured = 0;
  RequestLog requests(clock_, "", {[&](base::Duration) { ++measured; }, {}});
  ask(requests);
  EXPECT_EQ(measured, 1U);
  EXPECT_THAT(said(), testing::AllOf(testing::HasSubstr("DrillRequested"),
                                     testing::HasSubstr("alice"), testing::HasSubstr("shop/one")));
}

TEST_F(RequestLogTest, AFileIsChainedAndTwoMayWriteIt) {
  const std::string path = folder_ + "/audit.log";
  std::atomic<std::size_t> measured = 0;
  for (int replica = 0; replica < 2; ++replica) {
    RequestLog requests(clock_, path, {[&](base::Duration) { ++measured; }, {}});
    ask(requests);
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const store::AuditTrailRead read = store::read_audit(text.str());
  EXPECT_EQ(read.damage, "");
  ASSERT_EQ(read.entries.size(), 2U);
  EXPECT_EQ(read.entries[1].user, "alice");
  EXPECT_EQ(read.entries[1].drill, "shop/one");
  EXPECT_EQ(measured, 2U);
  said();
}

TEST_F(RequestLogTest, AFileThatCannotBeOpenedLosesEntriesAndNothingElse) {
  std::atomic<std::size_t> measured = 0, lost = 0;
  {
    RequestLog requests(clock_, folder_ + "/none/audit.log",
                        {[&](base::Duration) { ++measured; }, [&] { ++lost; }});
    ask(requests);
  }
  EXPECT_EQ(measured, 0U);
  EXPECT_EQ(lost, 1U) << "and not what owns up to it";
  EXPECT_THAT(said(), testing::HasSubstr("an entry is missing in the audit log"));
}

}  // namespace
}  // namespace op
