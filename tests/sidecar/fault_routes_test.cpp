#include "sidecar/fault_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/node.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::TimePoint kStart{base::seconds(1000)};
constexpr const char* kAbort =
    R"({"id":"a","owner":"o","kind":"abort","leaseSeconds":5,"status":500})";

net::HttpRequest request(const char* method, const char* target, const char* body = "") {
  net::HttpRequest out;
  out.method = method;
  out.target = target;
  out.body = body;
  return out;
}

unsigned begin(Faults& faults, const char* body, base::TimePoint now = kStart) {
  return begin_fault(faults, Mode::Http, request("POST", "/api/faults", body), now).status;
}

TEST(FaultRoutes, BeginRenewAndEndAFault) {
  Faults faults;
  EXPECT_EQ(begin(faults, kAbort), 201U);
  const auto later = kStart + base::seconds(3);
  const auto renewed = renew_fault(
      faults, request("PUT", "/api/faults/a", R"({"owner":"o","leaseSeconds":9})"), later);
  EXPECT_EQ(renewed.status, 200U);
  EXPECT_EQ(api::parse_json(renewed.body).value()["remainingMillis"].as_int(), 9000);
  const auto list = api::parse_json(list_faults(faults, later).body).value();
  ASSERT_EQ(list["faults"].size(), 1U);
  EXPECT_EQ(list["faults"].items()[0]["status"].as_int(), 500);
  EXPECT_EQ(end_fault(faults, request("DELETE", "/api/faults/a?owner=o"), later).status, 200U);
  EXPECT_EQ(end_fault(faults, request("DELETE", "/api/faults/a?owner=o"), later).status, 404U);
  EXPECT_EQ(faults.version(), 0U);
}

TEST(FaultRoutes, SayWhyNot) {
  Faults faults;
  const auto bad =
      begin_fault(faults, Mode::Http, request("POST", "/api/faults", R"({"id":""})"), kStart);
  EXPECT_EQ(bad.status, 400U);
  EXPECT_THAT(api::parse_json(bad.body).value()["error"].as_string(),
              HasSubstr("id: \"\": 1 to 128"));
  ASSERT_EQ(begin(faults, kAbort), 201U);
  EXPECT_EQ(begin(faults, R"({"id":"a","owner":"x","kind":"reset","leaseSeconds":5})"), 409U);
  const auto renewal = [&](const char* target, const char* body) {
    return renew_fault(faults, request("PUT", target, body), kStart).status;
  };
  EXPECT_EQ(renewal("/api/faults/a", R"({"owner":"x","leaseSeconds":9})"), 403U);
  EXPECT_EQ(renewal("/api/faults/b", R"({"owner":"o","leaseSeconds":9})"), 404U);
  EXPECT_EQ(renewal("/api/faults/a", "{}"), 400U);
  EXPECT_EQ(end_fault(faults, request("DELETE", "/api/faults/a?owner=x"), kStart).status, 403U);
  EXPECT_EQ(end_fault(faults, request("DELETE", "/api/faults/"), kStart).status, 404U);
  faults.drain();
  EXPECT_EQ(begin(faults, kAbort), 503U);
}

TEST(FaultRoutes, SweepOutWhatNobodyRenews) {
  Faults faults;
  ASSERT_EQ(begin(faults, kAbort), 201U);
  sweep_faults(faults, kStart + base::seconds(4));
  EXPECT_NE(faults.version(), 0U);
  sweep_faults(faults, kStart + base::seconds(5));
  EXPECT_EQ(faults.version(), 0U);
}

}  // namespace
}  // namespace sidecar
