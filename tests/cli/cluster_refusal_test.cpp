#include "cli/cluster_refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/drill_object.h"

namespace cli {
namespace {

using testing::HasSubstr;
using testing::Not;

kube::Reply answered(unsigned code, const std::string& body) {
  kube::Reply out;
  out.code = code;
  out.refusal = kube::refusal_of(code, body);
  return out;
}

std::string status(const std::string& reason, const std::string& message) {
  return R"({"kind": "Status", "reason": ")" + reason + R"(", "message": ")" + message + R"("})";
}

TEST(ClusterRefusal, SaysWhatIsNotThereAndWhere) {
  const base::Error error =
      refusal(answered(404, status("NotFound", R"(drills.muster.dev \"x\" not found)")),
              cluster::kDrills, "shop");
  EXPECT_EQ(error.message, "drills.muster.dev \"x\" not found in namespace shop (NotFound)");
  EXPECT_EQ(error.code, base::Code::NotFound);
  EXPECT_EQ(refusal(answered(404, status("NotFound", R"(namespaces \"y\" not found)")),
                    cluster::kDrills, "y")
                .message,
            "namespaces \"y\" not found (NotFound)");
}

TEST(ClusterRefusal, KindsThatAreNotInstalledNameTheChart) {
  for (const std::string& body :
       {std::string("404 page not found\n"),
        status("NotFound", "the server could not find the requested resource")}) {
    const std::string said = refusal(answered(404, body), cluster::kDrills, "shop").message;
    EXPECT_THAT(said, HasSubstr("the server doesn't have a resource type \"drills\" "
                                "(muster.dev/v1alpha1): Muster is not installed"));
    EXPECT_THAT(said, HasSubstr("helm install muster"));
  }
  EXPECT_THAT(refusal(answered(404, "404 page not found\n"), kube::kPods, "shop").message,
              Not(HasSubstr("helm")));
}

TEST(ClusterRefusal, TheServersSentenceOfARightIsPassedOn) {
  const std::string sentence =
      R"(drills.muster.dev is forbidden: User \"jane\" cannot create resource \"drills\" in API group \"muster.dev\" in the namespace \"shop\")";
  const base::Error error =
      refusal(answered(403, status("Forbidden", sentence)), cluster::kDrills, "shop");
  EXPECT_THAT(error.message, HasSubstr("User \"jane\" cannot create resource \"drills\""));
  EXPECT_THAT(error.message, testing::EndsWith("in the namespace \"shop\" (Forbidden)"));
  EXPECT_EQ(error.code, base::Code::PermissionDenied);
  EXPECT_THAT(
      refusal(answered(401, status("Unauthorized", "Unauthorized")), cluster::kDrills, "").message,
      HasSubstr("does not know who you are"));
}

TEST(ClusterRefusal, AServerThatIsAwayIsNamedWithItsContext) {
  const base::Error away{base::Code::Unavailable, "connect: Connection refused"};
  EXPECT_EQ(
      unanswered(away, "10.0.0.1:6443", "prod").message,
      "cannot reach the API server 10.0.0.1:6443 (context prod): connect: Connection refused");
  EXPECT_EQ(unanswered(away, "10.0.0.1:443", "").message,
            "cannot reach the API server 10.0.0.1:443: connect: Connection refused");
  const base::Error plugin{base::Code::NotFound, "credential plugin 'x' is not there"};
  EXPECT_EQ(unanswered(plugin, "h", "c"), plugin);
}

}  // namespace
}  // namespace cli
