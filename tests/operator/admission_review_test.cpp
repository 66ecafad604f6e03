#include "operator/admission_review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base64.h"

namespace op {
namespace {

using api::Node;
using testing::HasSubstr;

std::string review(const std::string& request) {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":)" + request +
         "}";
}

constexpr const char* kUpdate =
    R"({"uid":"u1","operation":"UPDATE","kind":{"group":"muster.dev","version":"v1alpha1","kind":"Drill"},
        "namespace":"shop","name":"d","subResource":"","object":{"spec":{"a":1}},"oldObject":{"spec":{"a":2}}})";

TEST(AdmissionReview, IsReadWhole) {
  const auto read = parse_review(review(kUpdate));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->uid, "u1");
  EXPECT_TRUE(read->updates());
  EXPECT_FALSE(read->deletes());
  EXPECT_EQ(read->group + " " + read->version + " " + read->kind, "muster.dev v1alpha1 Drill");
  EXPECT_EQ(read->key, (kube::Key{"shop", "d"}));
  EXPECT_EQ(read->object["spec"]["a"].as_int(), 1);
  EXPECT_EQ(read->old_object["spec"]["a"].as_int(), 2);
}

TEST(AdmissionReview, ADeletionHasNoObject) {
  const auto read = parse_review(review(
      R"({"uid":"u","operation":"DELETE","kind":{"kind":"Drill"},"object":null,"oldObject":{"a":1}})"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_TRUE(read->deletes());
  EXPECT_TRUE(read->object.is_null());
}

TEST(AdmissionReview, WhatIsNoneIsNamed) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "JSON"},
      {"{", "JSON"},
      {"[]", "'' of ''"},
      {R"({"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"})", "v1beta1"},
      {R"({"apiVersion":"v1","kind":"Pod"})", "'Pod' of 'v1'"},
      {review("{}"), "request.uid"},
      {review("7"), "request.uid"},
      {review(R"({"uid":"u","operation":"CREATE"})"), "request.kind"},
      {review(R"({"uid":"u","operation":"LOOK","kind":{"kind":"Drill"}})"), "'LOOK'"},
      {review(R"({"uid":"u","operation":"CREATE","kind":{"kind":"Drill"}})"), "request.object"},
      {review(R"({"uid":"u","operation":"UPDATE","kind":{"kind":"Drill"},"object":{}})"),
       "request.oldObject"},
  };
  for (const auto& [body, named] : cases) {
    const auto read = parse_review(body);
    ASSERT_FALSE(read.has_value()) << body;
    EXPECT_EQ(read.error().code, base::Code::InvalidArgument);
    EXPECT_THAT(read.error().message, HasSubstr(named)) << body;
  }
}

Node response(const AdmissionAnswer& answer) {
  const auto request = parse_review(review(kUpdate));
  const auto read = api::parse_json(review_text(*request, answer));
  EXPECT_TRUE(read.has_value());
  EXPECT_EQ((*read)["apiVersion"].as_string(), "admission.k8s.io/v1");
  EXPECT_EQ((*read)["kind"].as_string(), "AdmissionReview");
  EXPECT_EQ((*read)["response"]["uid"].as_string(), "u1");
  return (*read)["response"];
}

TEST(AdmissionReview, AnAnswerThatAllowsSaysNoMoreThanIsToBeSaid) {
  const Node plain = response({});
  EXPECT_TRUE(plain["allowed"].as_bool());
  EXPECT_EQ(plain.size(), 2U);
  AdmissionAnswer warned;
  warned.warnings = {"mind the gap"};
  EXPECT_EQ(response(warned)["warnings"].as_strings(), warned.warnings);
}

TEST(AdmissionReview, ARefusalTellsEachFieldAsTheServerItselfDoes) {
  AdmissionAnswer refused;
  refused.allowed = false;
  refused.causes = {{"spec.a", "1 is too much"}, {"", "and it is late"}};
  const Node out = response(refused);
  EXPECT_FALSE(out["allowed"].as_bool(true));
  const Node& status = out["status"];
  EXPECT_EQ(status["code"].as_int(), 422);
  EXPECT_EQ(status["reason"].as_string(), "Invalid");
  EXPECT_EQ(status["message"].as_string(),
            "Drill.muster.dev \"d\" is invalid:\n* spec.a: 1 is too much\n* and it is late");
  EXPECT_EQ(status["details"]["kind"].as_string(), "Drill");
  EXPECT_EQ(status["details"]["name"].as_string(), "d");
  const auto& causes = status["details"]["causes"].items();
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(causes[0]["field"].as_string(), "spec.a");
  EXPECT_EQ(causes[0]["message"].as_string(), "1 is too much");
}

TEST(AdmissionReview, APatchIsGivenOnlyToWhatIsAllowed) {
  AdmissionAnswer patched;
  patched.patch = Node::sequence().push(
      Node::map().set("op", "add").set("path", "/metadata/labels/a").set("value", "b"));
  const Node out = response(patched);
  EXPECT_EQ(out["patchType"].as_string(), "JSONPatch");
  const auto decoded = crypto::base64_decode(out["patch"].as_string());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*api::parse_json(*decoded), *patched.patch);
  patched.allowed = false;
  EXPECT_FALSE(response(patched).has("patch"));
}

}  // namespace
}  // namespace op
