#include "sidecar/fault_json.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/node.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::TimePoint kStart{base::seconds(1000)};

/// A fault with these fields beside those that every one has.
std::string with(const std::string& fields) {
  return R"({"id":"a","owner":"o","leaseSeconds":5,)" + fields + "}";
}

TEST(FaultJson, HasEveryField) {
  const auto rule = parse_fault(
      with(R"("kind":"latency","percent":20,"path":"/api/*","method":"GET","peer":"10.0.0.0/8",
              "delayMillis":200,"jitterMillis":50)"),
      Mode::Http);
  ASSERT_TRUE(rule) << rule.error().message;
  FaultRule expected;
  expected.id = "a";
  expected.owner = "o";
  expected.kind = FaultKind::Latency;
  expected.lease = base::seconds(5);
  expected.percent = 20;
  expected.path = "/api/*";
  expected.method = "GET";
  expected.peer = limit::parse_prefix("10.0.0.0/8").value();
  expected.delay = base::millis(200);
  expected.jitter = base::millis(50);
  EXPECT_EQ(*rule, expected);
  EXPECT_EQ(parse_fault(with(R"("kind":"abort")"), Mode::Http)->status, 503);
  EXPECT_EQ(
      parse_fault(with(R"("kind":"bandwidth","bytesPerSecond":9)"), Mode::Tcp)->bytes_per_second,
      9U);
}

TEST(FaultJson, IsReadAgainAsItWasWritten) {
  for (const char* fields : {R"("kind":"latency","delayMillis":7,"percent":3)",
                             R"("kind":"abort","status":500,"path":"*.php","method":"POST")",
                             R"("kind":"reset")", R"("kind":"bandwidth","bytesPerSecond":1000)",
                             R"("kind":"black-hole")", R"("kind":"partition","peer":"::1")"}) {
    const std::string text = with(fields);
    const auto rule = parse_fault(text, Mode::Http);
    ASSERT_TRUE(rule) << text << rule.error().message;
    api::Node said = node_of(Fault{*rule, 1, kStart + base::millis(1500)}, kStart);
    EXPECT_EQ(said["remainingMillis"].as_int(), 1500);
    said.erase("remainingMillis");
    if (rule->kind == FaultKind::Partition) said.erase("percent");
    EXPECT_EQ(parse_fault(api::to_json(said), Mode::Http).value(), *rule) << text;
  }
}

TEST(FaultJson, ListsThoseInForce) {
  FaultRule rule;
  rule.id = "a";
  const FaultSet faults{{rule, 1, kStart + base::seconds(1)}, {rule, 2, kStart}};
  EXPECT_EQ(node_of(faults, kStart)["faults"].size(), 1U);
}

TEST(FaultJson, WhatIsWrongIsNamedWithItsValueAndWhatIsAllowed) {
  const std::pair<std::string, const char*> cases[] = {
      {"[]", "body: []: a map"},
      {with(R"("kind":"slow")"), "kind: \"slow\": latency, abort, reset, bandwidth, black-hole"},
      {with(R"("kind":"reset","colour":1)"), "colour: 1: no such field; there are id, owner"},
      {R"({"id":"a b","owner":"o","kind":"reset","leaseSeconds":5})", "id: \"a b\": 1 to 128"},
      {R"({"id":"a","kind":"reset","leaseSeconds":5})", "owner: null: 1 to 128"},
      {R"({"id":"a","owner":"o","kind":"reset","leaseSeconds":11})", "leaseSeconds: 11: a whole"},
      {R"({"id":"a","owner":"o","kind":"reset"})", "leaseSeconds: null: a whole number from 1 to"},
      {with(R"("kind":"reset","percent":0)"), "percent: 0: a whole number from 1 to 100"},
      {with(R"("kind":"reset","path":"api")"), "path: \"api\": a pattern"},
      {with(R"("kind":"reset","path":7)"), "path: 7: a pattern"},
      {with(R"("kind":"reset","method":"get")"), "method: \"get\": a method in capitals"},
      {with(R"("kind":"reset","peer":"10.0.0.1/8")"), "peer: \"10.0.0.1/8\": an address"},
      {with(R"("kind":"reset","status":500)"), "status: 500: only for kind abort"},
      {with(R"("kind":"latency")"), "delayMillis: null: 1 to 60000, or a jitterMillis"},
      {with(R"("kind":"latency","delayMillis":60001)"), "delayMillis: 60001: a whole number"},
      {with(R"("kind":"abort","status":200)"), "status: 200: a whole number from 400 to 599"},
      {with(R"("kind":"bandwidth")"), "bytesPerSecond: null: a whole number from 1"},
      {with(R"("kind":"partition")"), "peer: null: a partition needs"},
      {with(R"("kind":"partition","peer":"::1","percent":5)"), "percent: 5: a partition is of all"},
      {with(R"("kind":"partition","peer":"::1","path":"/")"), "path: \"/\": a partition is of all"},
  };
  for (const auto& [text, said] : cases) {
    const auto rule = parse_fault(text, Mode::Http);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().code, base::Code::InvalidArgument);
    EXPECT_THAT(rule.error().message, HasSubstr(said));
  }
}

TEST(FaultJson, KnowsWhatMakesNoSenseInModeTcp) {
  EXPECT_THAT(parse_fault(with(R"("kind":"abort")"), Mode::Tcp).error().message,
              HasSubstr("kind: \"abort\": there is no status"));
  EXPECT_THAT(parse_fault(with(R"("kind":"reset","path":"/")"), Mode::Tcp).error().message,
              HasSubstr("path: \"/\": there are no requests"));
  EXPECT_TRUE(parse_fault(with(R"("kind":"reset","peer":"10.0.0.7")"), Mode::Tcp));
}

TEST(FaultJson, RenewalsNameTheirOwner) {
  const auto good = parse_renewal(R"({"owner":"o","leaseSeconds":10})");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->owner, "o");
  EXPECT_EQ(good->lease, base::seconds(10));
  EXPECT_FALSE(parse_renewal(R"({"leaseSeconds":10})"));
  EXPECT_FALSE(parse_renewal(R"({"owner":"o","leaseSeconds":0})"));
  EXPECT_FALSE(parse_renewal(R"({"owner":"o","leaseSeconds":1,"id":"a"})"));
  EXPECT_FALSE(parse_renewal("nonsense"));
}

}  // namespace
}  // namespace sidecar
