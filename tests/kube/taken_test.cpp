#include "kube/taken.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using testing::HasSubstr;

TEST(Taken, AnAnswerIsHandedOn) {
  const auto reply = taken(Reply{201, "{}", {}}, "create pods shop/web");
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->code, 201U);
  EXPECT_EQ(reply->body, "{}");
}

TEST(Taken, ARefusalIsAnErrorThatNamesTheRequest) {
  Reply refused{409, "", refusal_of(409, R"({"kind":"Status","reason":"Conflict",
                                            "message":"it was changed"})")};
  const auto reply = taken(refused, "patch pods shop/web");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, base::Code::FailedPrecondition);
  EXPECT_EQ(reply.error().message, "patch pods shop/web: it was changed (409)");
}

TEST(Taken, WhoIsNotKnownIsToldFromWhoMayNot) {
  const auto error = [](unsigned code, const char* body) {
    return taken(Reply{code, "", refusal_of(code, body)}, "get pods shop/web").error();
  };
  const char* said = R"({"kind":"Status","reason":"Unauthorized","message":"Unauthorized"})";
  EXPECT_TRUE(is_unauthenticated(error(401, said)));
  EXPECT_TRUE(is_unauthenticated(error(401, "")));
  EXPECT_FALSE(is_unauthenticated(error(403, "who (401)")));
  EXPECT_EQ(error(401, said).code, error(403, "").code);
  EXPECT_FALSE(is_unauthenticated({base::Code::Unavailable, "a proxy says (401)"}));
}

TEST(Taken, NoAnswerIsAnErrorThatNamesTheRequestToo) {
  const auto reply =
      taken(base::fail(base::Code::Unavailable, "connection refused", base::Retry::Backoff),
            "get pods shop/web");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, base::Code::Unavailable);
  EXPECT_EQ(reply.error().retry, base::Retry::Backoff) << "as it was";
  EXPECT_THAT(reply.error().message, HasSubstr("get pods shop/web"));
  EXPECT_THAT(reply.error().message, HasSubstr("connection refused"));
}

}  // namespace
}  // namespace kube
