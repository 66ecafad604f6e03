#include "kube/resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

TEST(Resource, HasThePathsOfTheApi) {
  const Resource pods{"", "v1", "Pod", "pods", true};
  const Resource deployments{"apps", "v1", "Deployment", "deployments", true};
  const Resource nodes{"", "v1", "Node", "nodes", false};
  EXPECT_EQ(path_of(pods, {}), "/api/v1/pods");
  EXPECT_EQ(path_of(pods, {"shop", "web-0"}, "exec"), "/api/v1/namespaces/shop/pods/web-0/exec");
  EXPECT_EQ(path_of(deployments, {"shop", ""}), "/apis/apps/v1/namespaces/shop/deployments");
  EXPECT_EQ(path_of(nodes, {"shop", "a/b"}), "/api/v1/nodes/a%2Fb");
  EXPECT_EQ(deployments.api_version(), "apps/v1");
}

TEST(Resource, AQueryIsEscapedAndLeavesOutWhatIsEmpty) {
  EXPECT_EQ(Query().text(), "");
  EXPECT_EQ(Query().add("a", "").add("b", "x=1,y!=2").add("c", "d e").text(),
            "?b=x%3D1%2Cy%21%3D2&c=d%20e");
}

TEST(Resource, ReadsTimesOfAnyZoneAndPrecision) {
  const auto micros = [](const std::string& text) -> std::int64_t {
    const auto time = parse_time(text);
    return time ? time->time_since_epoch() / std::chrono::microseconds(1) : -1;
  };
  EXPECT_EQ(micros("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(micros("2026-11-21T04:42:24.123456Z"), 1'795'236'144'123'456);
  EXPECT_EQ(micros("2026-11-21T06:42:24.123456+02:00"), 1'795'236'144'123'456);
  for (const char* text : {"", "2026-11-21", "2026-13-01T00:00:00Z", "9999-01-01T00:00:00Z",
                           "2026-11-21T04:42:24", "soon"}) {
    EXPECT_EQ(micros(text), -1) << text;
  }
  EXPECT_EQ(micro_time(*parse_time("2026-11-21T06:42:24.000007+02:00")),
            "2026-11-21T04:42:24.000007Z");
}

TEST(Resource, ARefusalIsReadFromItsStatus) {
  const Refusal refusal = refusal_of(
      500,
      R"({"kind":"Status","code":500,"reason":"Timeout","message":"Too large resource version",)"
      R"("details":{"retryAfterSeconds":2,"causes":[{"reason":"ResourceVersionTooLarge"}]}})");
  EXPECT_EQ(refusal.code, 500U);
  EXPECT_EQ(refusal.reason, "Timeout");
  EXPECT_TRUE(refusal.version_too_large);
  EXPECT_EQ(refusal.retry_after, base::seconds(2));
  EXPECT_EQ(refusal_of(0, R"({"kind":"Status","code":410})").code, 410U);
}

TEST(Resource, ARefusalThatIsNoStatusKeepsItsFirstLine) {
  const Refusal refusal = refusal_of(429, "slow down\nplease", "7");
  EXPECT_EQ(refusal.reason, "TooManyRequests");
  EXPECT_EQ(refusal.message, "slow down");
  EXPECT_EQ(refusal.retry_after, base::seconds(7));
  EXPECT_EQ(refusal_of(503, "", "-3").retry_after, base::seconds(0));
  EXPECT_EQ(refusal_of(503, "", "Wed, 21 Oct").retry_after, base::seconds(0));
}

TEST(Resource, AnErrorSaysWhatToDo) {
  const auto code = [](unsigned status, const char* reason = "") {
    Refusal refusal;
    refusal.code = status;
    refusal.reason = reason;
    return error_of(refusal, "get").code;
  };
  EXPECT_EQ(code(404), base::Code::NotFound);
  EXPECT_EQ(code(409, "AlreadyExists"), base::Code::AlreadyExists);
  EXPECT_EQ(code(409, "Conflict"), base::Code::FailedPrecondition);
  EXPECT_EQ(code(403), base::Code::PermissionDenied);
  EXPECT_EQ(code(422), base::Code::InvalidArgument);
  EXPECT_EQ(code(503), base::Code::Unavailable);
  EXPECT_EQ(code(302), base::Code::Internal);
  Refusal busy = refusal_of(429, "", "3");
  EXPECT_EQ(error_of(busy, "get").retry, base::Retry::After);
  EXPECT_EQ(error_of(busy, "get").after, base::seconds(3));
}

}  // namespace
}  // namespace kube
